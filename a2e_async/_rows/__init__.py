"""Jobs out of rows: texts and cells become the values of fields."""
