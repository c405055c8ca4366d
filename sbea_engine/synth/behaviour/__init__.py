"""What several animals do with one another: a scripted play with labelled bouts.

`repertoire` holds the table of behaviours, `stage` plays the script at a low rate, `track` makes smooth paths
of it, `acts` the amounts of postures; `motion` of the package above puts bodies on them.
"""
