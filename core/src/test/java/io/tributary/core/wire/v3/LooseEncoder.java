package io.tributary.core.wire.v3;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.msgpack.core.MessagePack;
import org.msgpack.value.Value;

/**
 * Writes a message anew in any of the forms that stand for the same value: other widths, other
 * number types, shuffled keys, keys nobody knows, overridden keys.
 */
final class LooseEncoder {
  private final Random random;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  private LooseEncoder(Random random) {
    this.random = random;
  }

  /** Reads with the library, so that this also tests that others understand what we emit. */
  static byte[] rewrite(byte[] message, Random random) {
    LooseEncoder encoder = new LooseEncoder(random);
    try {
      encoder.write(MessagePack.newDefaultUnpacker(message).unpackValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return encoder.bytes.toByteArray();
  }

  private void write(Value value) throws IOException {
    if (value.isMapValue()) {
      writeMap(value.asMapValue().map());
    } else if (value.isArrayValue()) {
      header(value.asArrayValue().size(), 0x90, 16, 0xdc, 0xdd);
      for (Value element : value.asArrayValue()) {
        write(element);
      }
    } else if (value.isStringValue()) {
      writeString(value.asStringValue().asByteArray());
    } else if (value.isBinaryValue()) {
      writeBytes(value.asBinaryValue().asByteArray());
    } else if (value.isIntegerValue()) {
      writeInteger(value.asIntegerValue().toLong());
    } else if (value.isFloatValue()) {
      double number = value.asFloatValue().toDouble();
      if (number == (float) number && random.nextBoolean()) {
        out.writeByte(0xca);
        out.writeFloat((float) number);
      } else {
        out.writeByte(0xcb);
        out.writeDouble(number);
      }
    } else if (value.isBooleanValue()) {
      out.writeByte(value.asBooleanValue().getBoolean() ? 0xc3 : 0xc2);
    } else {
      throw new AssertionError(value.toJson());
    }
  }

  private void writeMap(Map<Value, Value> map) throws IOException {
    List<Map.Entry<Value, Value>> pairs = new ArrayList<>(map.entrySet());
    Collections.shuffle(pairs, random);
    int unknown = random.nextInt(3);
    // A pair that a later one of the same key overrides.
    boolean overridden = !pairs.isEmpty() && random.nextInt(4) == 0;
    header(pairs.size() + unknown + (overridden ? 1 : 0), 0x80, 16, 0xde, 0xdf);
    if (overridden) {
      write(pairs.get(0).getKey());
      write(pairs.get(0).getValue());
    }
    for (int i = 0; i < unknown; i++) {
      writeString(new byte[random.nextInt(80)]);
      writeAnything(0);
    }
    for (Map.Entry<Value, Value> pair : pairs) {
      write(pair.getKey());
      write(pair.getValue());
    }
  }

  private void writeAnything(int depth) throws IOException {
    switch (random.nextInt(depth > 5 ? 5 : 7)) {
      case 0 -> out.writeByte(0xc0);
      case 1 -> writeInteger(random.nextLong());
      case 2 -> writeString(new byte[random.nextInt(300)]);
      case 3 -> {
        // Every width of extension.
        int size = random.nextInt(300);
        switch (random.nextInt(8)) {
          case 0 -> out.write(new byte[] {(byte) 0xd4, 0, 0});
          case 1 -> out.write(new byte[] {(byte) 0xd5, 0, 0, 0});
          case 2 -> out.write(new byte[] {(byte) 0xd6, 0, 0, 0, 0, 0});
          case 3 -> out.write(new byte[] {(byte) 0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0});
          case 4 -> {
            out.writeByte(0xd8);
            out.write(new byte[17]);
          }
          case 5 -> {
            out.writeByte(0xc7);
            out.writeByte(size & 0xff);
            out.write(new byte[1 + (size & 0xff)]);
          }
          case 6 -> {
            out.writeByte(0xc8);
            out.writeShort(size);
            out.write(new byte[1 + size]);
          }
          default -> {
            out.writeByte(0xc9);
            out.writeInt(size);
            out.write(new byte[1 + size]);
          }
        }
      }
      case 4 -> writeBytes(new byte[random.nextInt(300)]);
      case 5 -> {
        int count = random.nextInt(4);
        header(count, 0x90, 16, 0xdc, 0xdd);
        for (int i = 0; i < count; i++) {
          writeAnything(depth + 1);
        }
      }
      default -> {
        int count = random.nextInt(3);
        header(count, 0x80, 16, 0xde, 0xdf);
        for (int i = 0; i < 2 * count; i++) {
          writeAnything(depth + 1);
        }
      }
    }
  }

  private void writeString(byte[] utf8) throws IOException {
    if (utf8.length < 256 && random.nextBoolean()) {
      out.writeByte(0xd9);
      out.writeByte(utf8.length);
    } else {
      header(utf8.length, 0xa0, 32, 0xda, 0xdb);
    }
    out.write(utf8);
  }

  private void writeBytes(byte[] value) throws IOException {
    if (random.nextInt(4) == 0) {
      out.writeByte(0xc9);
      out.writeInt(value.length + 1);
      out.writeByte(0x74);
      out.writeByte(random.nextInt(3));
    } else if (value.length < 256 && random.nextBoolean()) {
      out.writeByte(0xc4);
      out.writeByte(value.length);
    } else if (value.length < 65_536 && random.nextBoolean()) {
      out.writeByte(0xc5);
      out.writeShort(value.length);
    } else {
      out.writeByte(0xc6);
      out.writeInt(value.length);
    }
    out.write(value);
  }

  /** The short form if it can be, or a wider one. */
  private void header(int size, int shortForm, int shortLimit, int form16, int form32)
      throws IOException {
    if (size < shortLimit && random.nextBoolean()) {
      out.writeByte(shortForm | size);
    } else if (size < 65_536 && random.nextBoolean()) {
      out.writeByte(form16);
      out.writeShort(size);
    } else {
      out.writeByte(form32);
      out.writeInt(size);
    }
  }

  private void writeInteger(long value) throws IOException {
    while (true) {
      switch (random.nextInt(11)) {
        case 0 -> {
          if (value >= -32 && value < 128) {
            out.writeByte((int) value);
            return;
          }
        }
        case 1 -> {
          if (value >= 0 && value < 256) {
            out.writeByte(0xcc);
            out.writeByte((int) value);
            return;
          }
        }
        case 2 -> {
          if (value >= 0 && value < 65_536) {
            out.writeByte(0xcd);
            out.writeShort((int) value);
            return;
          }
        }
        case 3 -> {
          if (value >= 0 && value < 1L << 32) {
            out.writeByte(0xce);
            out.writeInt((int) value);
            return;
          }
        }
        case 4 -> {
          if (value >= 0) {
            out.writeByte(0xcf);
            out.writeLong(value);
            return;
          }
        }
        case 5 -> {
          if (value == (byte) value) {
            out.writeByte(0xd0);
            out.writeByte((int) value);
            return;
          }
        }
        case 6 -> {
          if (value == (short) value) {
            out.writeByte(0xd1);
            out.writeShort((int) value);
            return;
          }
        }
        case 7 -> {
          if (value == (int) value) {
            out.writeByte(0xd2);
            out.writeInt((int) value);
            return;
          }
        }
        case 8 -> {
          out.writeByte(0xd3);
          out.writeLong(value);
          return;
        }
        case 9 -> {
          if (value == (long) (float) value) {
            out.writeByte(0xca);
            out.writeFloat((float) value);
            return;
          }
        }
        default -> {
          if (value == (long) (double) value) {
            out.writeByte(0xcb);
            out.writeDouble((double) value);
            return;
          }
        }
      }
    }
  }
}
