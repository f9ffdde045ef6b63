"""Paper (纸面): what is printed, laid out in millimetres; the same painting on the screen, on paper and in a PDF."""
