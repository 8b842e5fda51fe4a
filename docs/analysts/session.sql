-- What tables there are, and what one has: comments are the descriptions of the schema.
SHOW TABLES LIKE 'templatewizard%';
DESCRIBE templatewizard;

-- How often each template was used, the hours narrowed by partitions.
SELECT template, count(*) AS uses
FROM templatewizard
LATERAL VIEW explode(event.template_names) names AS template
WHERE year >= 2015 AND month BETWEEN 1 AND 12
GROUP BY template
ORDER BY uses DESC, template
LIMIT 5;

-- Which files a question would read: none of other hours.
EXPLAIN DEPENDENCY SELECT count(*) FROM templatewizard WHERE year = 2015 AND hour < 10;
