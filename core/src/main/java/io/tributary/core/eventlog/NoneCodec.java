package io.tributary.core.eventlog;

enum NoneCodec implements PayloadCodec<NoPayload> {
  INSTANCE;

  @Override
  public byte[] encode(NoPayload payload) {
    return PayloadWriter.UNDEFINED.clone();
  }

  @Override
  public NoPayload decode(byte[] bytes) {
    if (PayloadReader.read(bytes) != null) {
      throw new PayloadException("there is one where none is expected");
    }
    return NoPayload.NO_PAYLOAD;
  }
}
