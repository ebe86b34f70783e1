"""Encoders and decoders, a file per kind, and checks that an encoder and a decoder fit each other."""
