"""What a run writes beside its weights: state, card, figures."""
