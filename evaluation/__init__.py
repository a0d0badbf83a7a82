"""Networks and pictures -> predictions tables -> measures, comparisons, cards. No TensorFlow, no Dash."""
