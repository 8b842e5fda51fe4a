"""The view for whoever instruments: events as they come, why one is red, and whether one would be.

What is shown and how it is masked (seen.py), where it comes from (feed.py, kafka_feed.py), what is
picked of it (filters.py, groups.py), and the pages (pages.py, app.py). Pages are made of a feed
alone: `elfaust.view` knows no worker.
"""
