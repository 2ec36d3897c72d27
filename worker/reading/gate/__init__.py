"""Is it an article at all? What a page shows and what it states are weighed together; what is certainly none is named."""
