"""What a training is: recipes, and the record that a run leaves."""
