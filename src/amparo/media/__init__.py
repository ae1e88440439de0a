"""The only room with a decoder: bytes in, signals out. Shows, stores and judges nothing."""
