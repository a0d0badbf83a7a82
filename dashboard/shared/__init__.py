"""What several pages show: theme, figures, cards, alerts, choice of variants."""
