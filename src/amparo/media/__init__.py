"""The only room with a decoder: bytes in, signals out, or small grey stills for a granted look. Stores and judges nothing."""
