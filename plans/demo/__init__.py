"""`transhume demo`: the main job on a fictional hospital, from check to return."""

from transhumance.plans.demo.story import demonstrate

__all__ = ["demonstrate"]
