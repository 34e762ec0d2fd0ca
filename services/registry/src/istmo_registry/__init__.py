"""Registry: folds reports and decisions into programmes, money and findings."""
