"""The contract suite: a pytest plug-in that any connector passes, and that a third party runs by one option."""
