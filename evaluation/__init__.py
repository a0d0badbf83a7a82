"""Networks and pictures -> predictions tables -> metrics, comparisons, cards. No TensorFlow, no Dash."""
