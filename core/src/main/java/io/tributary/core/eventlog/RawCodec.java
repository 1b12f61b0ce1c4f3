package io.tributary.core.eventlog;

enum RawCodec implements PayloadCodec<byte[]> {
  INSTANCE;

  @Override
  public byte[] encode(byte[] payload) {
    return payload;
  }

  @Override
  public byte[] decode(byte[] bytes) {
    return bytes;
  }
}
