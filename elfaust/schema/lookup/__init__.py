"""Where schemas come from: a folder, what the wiki gave before, the wiki; not what they mean."""
