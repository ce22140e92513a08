//! A checked definition, lowered to an ordered graph of columns.
