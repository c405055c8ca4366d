"""Drawing on pictures: colours of animals, marks of poses, sheets of pictures. NumPy and OpenCV alone."""
