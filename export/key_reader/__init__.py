"""The key reader as ONNX graphs."""
