package io.tributary.core.wire.v3;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.ExtensionTypeHeader;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.core.buffer.ArrayBufferInput;
import org.msgpack.core.buffer.MessageBuffer;
import org.msgpack.core.buffer.MessageBufferInput;

/**
 * Reads the values of one message, whose bytes lie in one array or several laid end to end. Takes
 * every form that can stand for a type, and allocates for a length or count only after checking it
 * against the bytes that are left. Not thread-safe.
 *
 * <p>The owner (a tag, mostly) and field given to a method are what an error calls the value.
 */
final class MessageReader {
  static {
    // The library's default buffers use sun.misc.Unsafe, for which newer platforms print warnings
    // and will drop it. This has to be said before the first of its buffer classes is loaded.
    if (Runtime.version().feature() >= 24
        && System.getProperty("msgpack.universal-buffer") == null) {
      System.setProperty("msgpack.universal-buffer", "true");
    }
  }

  private static final byte[] EMPTY = new byte[0];
  // msgpackr writes typed arrays as this extension: a byte for the element type, then the elements.
  private static final byte TYPED_ARRAY = 0x74;
  // Int8Array, Uint8Array and Uint8ClampedArray are 0 to 2: the types of one byte per element.
  private static final int MAX_BYTE_ELEMENT_TYPE = 2;

  private final List<byte[]> parts;
  private final long size;
  private final MessageUnpacker unpacker;
  private final byte[] name = new byte[Math.max(Field.MAX_LENGTH, Tag.MAX_LENGTH)];

  MessageReader(List<byte[]> parts) {
    this.parts = parts;
    long sum = 0;
    for (byte[] part : parts) {
      sum += part.length;
    }
    size = sum;
    unpacker = MessagePack.newDefaultUnpacker(input());
  }

  private MessageBufferInput input() {
    return parts.size() == 1 ? new ArrayBufferInput(parts.get(0)) : new PartsInput(parts);
  }

  /** Goes back to the first byte. */
  void rewind() throws IOException {
    unpacker.reset(input()).close();
  }

  /** Bytes not read yet. */
  long remaining() {
    return size - unpacker.getTotalReadBytes();
  }

  /** The number of key-value pairs of the message itself. */
  int messageHeader() throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isMapType()) {
      throw new MalformedMessageException("the message is not a map but " + format);
    }
    return unpacker.unpackMapHeader();
  }

  /** The number of key-value pairs that follow. */
  int mapHeader(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isMapType()) {
      throw wrongType(owner, field, "a map", format);
    }
    return unpacker.unpackMapHeader();
  }

  /** The number of values that follow. */
  int listHeader(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isArrayType()) {
      throw wrongType(owner, field, "a list", format);
    }
    int count = unpacker.unpackArrayHeader();
    checkRemaining(count);
    return count;
  }

  /** The next key; null, and read over, if it is none that this wire has. */
  @Nullable
  Field key() throws IOException, MalformedMessageException {
    int length = readName();
    return length < 0 ? null : Field.find(name, length);
  }

  /** The next value as a tag. */
  Tag tag() throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isStringType()) {
      throw new MalformedMessageException("_tag is not a string but " + format);
    }
    int length = readName();
    Tag tag = length < 0 ? null : Tag.find(name, length);
    if (tag == null) {
      throw new MalformedMessageException("unknown _tag "
          + (length < 0 ? "of more than " + name.length + " bytes" : shown(length)));
    }
    return tag;
  }

  /** Reads a string into {@link #name}; -1 if it does not fit or the value, read over, is none. */
  private int readName() throws IOException, MalformedMessageException {
    if (!nextFormat().getValueType().isStringType()) {
      skip();
      return -1;
    }
    int length = unpacker.unpackRawStringHeader();
    checkRemaining(length);
    if (length > name.length) {
      for (int left = length; left > 0; left -= name.length) {
        unpacker.readPayload(name, 0, Math.min(left, name.length));
      }
      return -1;
    }
    unpacker.readPayload(name, 0, length);
    return length;
  }

  double number(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    switch (format) {
      case UINT64 -> {
        return unpacker.unpackBigInteger().doubleValue();
      }
      case FLOAT32, FLOAT64 -> {
        return unpacker.unpackDouble();
      }
      default -> {
        if (!format.getValueType().isIntegerType()) {
          throw wrongType(owner, field, "a number", format);
        }
        return unpacker.unpackLong();
      }
    }
  }

  boolean bool(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isBooleanType()) {
      throw wrongType(owner, field, "a boolean", format);
    }
    return unpacker.unpackBoolean();
  }

  /** Malformed UTF-8 becomes U+FFFD. */
  String text(String owner, Field field) throws IOException, MalformedMessageException {
    return new String(utf8(owner, field), StandardCharsets.UTF_8);
  }

  /** A string's bytes, malformed or not. */
  byte[] utf8(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (!format.getValueType().isStringType()) {
      throw wrongType(owner, field, "a string", format);
    }
    return payload(unpacker.unpackRawStringHeader());
  }

  byte[] bytes(String owner, Field field) throws IOException, MalformedMessageException {
    MessageFormat format = nextFormat();
    if (format.getValueType().isBinaryType()) {
      return payload(unpacker.unpackBinaryHeader());
    }
    if (format.getValueType().isExtensionType()) {
      ExtensionTypeHeader header = unpacker.unpackExtensionTypeHeader();
      if (header.getType() == TYPED_ARRAY && header.getLength() > 0) {
        checkRemaining(header.getLength());
        unpacker.readPayload(name, 0, 1);
        if (name[0] >= 0 && name[0] <= MAX_BYTE_ELEMENT_TYPE) {
          return payload(header.getLength() - 1);
        }
      }
    }
    throw wrongType(owner, field, "bytes", format);
  }

  private byte[] payload(int length) throws IOException, MalformedMessageException {
    checkRemaining(length);
    return length == 0 ? EMPTY : unpacker.readPayload(length);
  }

  /** Reads over one value, however deep. */
  void skip() throws IOException, MalformedMessageException {
    long pending = 1;
    while (pending > 0) {
      pending--;
      switch (nextFormat().getValueType()) {
        case ARRAY -> pending += unpacker.unpackArrayHeader();
        case MAP -> pending += 2L * unpacker.unpackMapHeader();
        default -> unpacker.skipValue();
      }
    }
  }

  /** What the next value is; it is not read yet. */
  private MessageFormat nextFormat() throws IOException, MalformedMessageException {
    MessageFormat format = unpacker.getNextFormat();
    if (format == MessageFormat.NEVER_USED) {
      throw neverUsed();
    }
    return format;
  }

  /** Checks that nothing follows. */
  void end() throws MalformedMessageException {
    if (remaining() > 0) {
      throw new MalformedMessageException(remaining() + " bytes follow the message");
    }
  }

  private void checkRemaining(long bytes) throws MalformedMessageException {
    if (bytes > remaining()) {
      throw cutShort();
    }
  }

  static MalformedMessageException cutShort() {
    return new MalformedMessageException("the message is cut short");
  }

  static MalformedMessageException neverUsed() {
    return new MalformedMessageException("byte 0xc1 is not MessagePack");
  }

  private static MalformedMessageException wrongType(
      String owner, Field field, String expected, MessageFormat found) {
    return new MalformedMessageException(
        owner + "." + field.wireName + " is not " + expected + " but " + found);
  }

  /** The name as an error may show it. */
  private String shown(int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(name[i] > ' ' && name[i] < 0x7f ? (char) name[i] : '?');
    }
    return text.toString();
  }

  private static final class PartsInput implements MessageBufferInput {
    private final Iterator<byte[]> parts;

    PartsInput(List<byte[]> parts) {
      this.parts = parts.iterator();
    }

    @Override
    public @Nullable MessageBuffer next() {
      while (parts.hasNext()) {
        byte[] part = parts.next();
        if (part.length > 0) {
          return MessageBuffer.wrap(part);
        }
      }
      return null;
    }

    @Override
    public void close() {}
  }
}
