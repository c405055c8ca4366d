"""Blocks that science stages share: backbone, heat maps, augmentation, trainer, checkpoints, model cards.

The only part of the engine, with the stages themselves, that needs torch; nothing is imported here so that
a torch-free module of this package (`card`, `prefetch`) can be imported alone.
"""
