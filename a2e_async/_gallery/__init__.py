"""The page that shows what a bulk run has made: what it says, how it looks, and how it is written."""
