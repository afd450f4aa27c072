"""What scoring reads of a chart, at uncertain times too."""
