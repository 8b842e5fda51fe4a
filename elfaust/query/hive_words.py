"""Words of Hive's SQL that the guard lets pass: functions that make a value, nodes of a SELECT."""

from __future__ import annotations

#: Functions that only make a value of their arguments. Of Hive's own these are left out: those that
#: run code or read files (reflect, java_method, in_file, xpath), that tell of the server, and those
#: that only Hive itself uses.
FUNCTIONS = frozenset(
    """
    abs acos add_months and approx_distinct array array_contains array_distinct array_except
    array_intersect array_join array_max array_min array_remove array_slice array_union ascii
    asin assert_true atan avg base64 between bigint bin binary boolean bround cast cbrt ceil
    ceiling char char_length character_length chr coalesce collect_list collect_set concat
    concat_ws context_ngrams conv corr cos cosh count covar_pop covar_samp crc32 cume_dist
    current_date current_timestamp date date_add date_format date_sub datediff day dayofmonth
    dayofweek decimal decode degrees dense_rank div double e elt encode exp explode factorial
    find_in_set first_value float floor floor_day floor_hour floor_minute floor_month
    floor_quarter floor_second floor_week floor_year format_number from_unixtime
    from_utc_timestamp get_json_object greatest grouping hash hex histogram_numeric hour if in
    initcap inline instr int is_not_distinct_from isfalse isnotfalse isnotnull isnottrue isnull
    istrue json_read json_tuple lag last_day last_value lcase lead least length levenshtein like
    ln locate log log10 log2 lower lpad ltrim map map_keys map_values mask mask_first_n
    mask_hash mask_last_n mask_show_first_n mask_show_last_n max md5 mid min minute mod month
    months_between murmur_hash named_struct negative next_day ngrams not ntile nullif nvl
    octet_length or parse_url parse_url_tuple percent_rank percentile percentile_approx
    percentile_cont percentile_disc pi pmod posexplode position positive pow power printf
    quarter quote radians rand rank regexp regexp_extract regexp_replace regr_avgx regr_avgy
    regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace
    reverse rlike round row_number rpad rtrim second sentences sha sha1 sha2 shiftleft
    shiftright shiftrightunsigned sign sin sinh size smallint sort_array sort_array_by soundex
    space split sqrt stack std stddev stddev_pop stddev_samp str_to_map string struct substr
    substring substring_index sum tan tanh timestamp tinyint to_date to_epoch_milli
    to_unix_timestamp to_utc_timestamp translate trim trunc typeof ucase udftoboolean udftobyte
    udftodouble udftofloat udftointeger udftolong udftoshort unbase64 unhex unix_timestamp upper
    uuid var_pop var_samp varchar variance weekofyear when width_bucket year
    """.split()  # noqa: SIM905
)
#: Words before a parenthesis that are no function.
BEFORE = frozenset(
    """
    all and any as between by case cube distinct else except exists extract filter from group
    grouping having in intersect interval is join like not on or order over partition partitioned
    rlike rollup select sets some tablesample then union using values when where with within
    """.split()  # noqa: SIM905
)
#: Functions that Hive's parser makes of other words.
MADE = {"between", "case", "in", "internal_interval", "likeall", "likeany", "not", "when"}
#: Nodes of a tree of HiveParser, without `TOK_`.
NODES = frozenset(
    """
    QUERY FROM TABREF TABNAME INSERT DESTINATION DIR TMP_FILE SELECT SELECTDI SELEXPR ALLCOLREF
    TABLE_OR_COL WHERE GROUPBY HAVING QUALIFY ORDERBY SORTBY CLUSTERBY DISTRIBUTEBY
    TABSORTCOLNAMEASC TABSORTCOLNAMEDESC NULLS_FIRST NULLS_LAST LIMIT FUNCTION FUNCTIONDI
    FUNCTIONSTAR SUBQUERY SUBQUERY_EXPR SUBQUERY_OP SUBQUERY_OP_NOTIN SUBQUERY_OP_NOTEXISTS JOIN
    LEFTOUTERJOIN RIGHTOUTERJOIN FULLOUTERJOIN LEFTSEMIJOIN LEFTANTISEMIJOIN CROSSJOIN LATERAL_VIEW
    LATERAL_VIEW_OUTER TABALIAS UNIONALL UNIONDISTINCT INTERSECTALL INTERSECTDISTINCT EXCEPTALL
    EXCEPTDISTINCT CTE WINDOWSPEC WINDOWDEF PARTITIONINGSPEC WINDOWRANGE WINDOWVALUES NULL ISNULL
    ISNOTNULL NOT_NULL BETWEEN BOOLEAN TINYINT SMALLINT INT BIGINT FLOAT DOUBLE DATE DATELITERAL
    DATETIME TIMESTAMP TIMESTAMPLITERAL TIMESTAMPLOCALTZ STRING BINARY DECIMAL LIST STRUCT
    MAP UNIONTYPE VARCHAR CHAR TABCOLLIST TABCOL INTERVAL_YEAR_MONTH
    INTERVAL_DAY_TIME INTERVAL_YEAR_MONTH_LITERAL INTERVAL_DAY_TIME_LITERAL INTERVAL_YEAR_LITERAL
    INTERVAL_MONTH_LITERAL INTERVAL_DAY_LITERAL INTERVAL_HOUR_LITERAL INTERVAL_MINUTE_LITERAL
    INTERVAL_SECOND_LITERAL GROUPING_SETS GROUPING_SETS_EXPRESSION ROLLUP_GROUPBY CUBE_GROUPBY
    TABLESPLITSAMPLE TABLEBUCKETSAMPLE ROWCOUNT PERCENT LENGTH VALUES_TABLE VALUE_ROW VIRTUAL_TABLE
    VIRTUAL_TABREF WITHIN_GROUP RESPECT_NULLS IGNORE_NULLS CHARSETLITERAL STRINGLITERALSEQUENCE
    OP_ADD OP_SUB OP_MUL OP_DIV TRUE FALSE ALIAS SETCOLREF FROM_VALUES EXPRESSION
    """.split()  # noqa: SIM905
)
