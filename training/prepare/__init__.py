"""`prepare`: labelled imagery of any kind to chips at training resolution, in the folder format that `places` reads.

kinds (what is SOURCE?) -> sources/* (collections of images) -> plan (splits) -> cutting (chips) -> build (the folder).
"""

from .resample import resample_labels, resample_picture

__all__ = ["resample_labels", "resample_picture"]
