"""What one of the staff may not do alone, until a second one does the same or somebody declines.

Owns ``staff_proposals``. Read, made and decided under the staff's lock; who may what, and what
takes two, is the console's to say.
"""
