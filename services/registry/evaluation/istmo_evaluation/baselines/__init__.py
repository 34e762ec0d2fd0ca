"""What simpler means achieve on the same corpus: scores of pairs by title, by words, and by a linkage library."""

from istmo_evaluation.baselines.cosine import word_scores
from istmo_evaluation.baselines.linkage import linkage_scores
from istmo_evaluation.baselines.titles import edit_scores, equal_scores

__all__ = ["edit_scores", "equal_scores", "linkage_scores", "word_scores"]
