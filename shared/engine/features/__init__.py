"""What the formulas of parts add up: charts at uncertain times too, vectors, places."""
