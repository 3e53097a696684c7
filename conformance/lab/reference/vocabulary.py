"""The words that the model knows, by what they do in a sentence."""

from __future__ import annotations


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve"
_PLAIN = "amber birch cedar delta ember fern grove heron iris juniper"

#: Numerals, each at the place of its value.
NUMERALS = tuple(_NUMERALS.split())
#: What a plain string is made of.
PLAIN = tuple(_PLAIN.split())
#: Words that make a longer phrase stand for something said before.
REFERRING = _set("above before earlier former i it latter mentioned previous that them those what which you")
#: Words that stand for something said before where there are no others.
VAGUE = _set("a all answer both code codes it just number only that the them this word words")
#: Words before a name that make it the subject.
PLACING = _set("in for at near of to from about on")
#: Words that begin a sentence with a capital and name nothing.
STARTERS = _set("""
    a add all an and answer are ask at begin book both call can could count create do does each end every
    find fill first for from get give hello hi how i if in is it json list look make my no now of ok on
    order please repeat reply return say send show tell that the their then there these this those three
    to two use was we what when where which who why will with write yes you your
""")
#: Words that do not tell what a question is about.
EMPTY = _set("""
    a about again all an and answer any are as at be both briefly by can could did do does each exactly
    for from gave give had has have i in is it its me mention mentioned my of on one only or order our
    please repeat reply said say state stated tell that the their them then there these they this those to
    told two us was we were what when where which who whose why will with word you your
""")
#: Parts of a function's name that do not tell what it is about.
VERBS = _set("a add book by call create delete do find for get in is lookup make of run search set tool")
