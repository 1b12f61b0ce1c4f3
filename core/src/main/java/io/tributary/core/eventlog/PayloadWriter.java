package io.tributary.core.eventlog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.POJONode;
import io.tributary.core.wire.v3.MessageWriter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Date;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes plain Java, {@code JsonObject}s and Jackson's trees as the JavaScript side writes them. */
final class PayloadWriter {
  /** How msgpackr writes {@code undefined}: an extension of one byte. */
  static final byte[] UNDEFINED = {(byte) 0xd4, 0, 0};

  private static final int TIMESTAMP = -1;
  private static final int EXPECTED_SIZE = 256;
  private static final BigInteger MAX_DOUBLE_INTEGER = BigInteger.ONE.shiftLeft(1023);

  private final MessageWriter out = new MessageWriter(EXPECTED_SIZE);

  private PayloadWriter() {}

  /**
   * The bytes for a value.
   *
   * @throws PayloadException if there are none for it
   */
  static byte[] write(@Nullable Object value) {
    PayloadWriter writer = new PayloadWriter();
    writer.value(value, 0);
    return writer.out.toBytes();
  }

  private void value(@Nullable Object value, int depth) {
    if (value == null) {
      out.nil();
    } else if (value instanceof CharSequence text) {
      out.text(text.toString());
    } else if (value instanceof Boolean bool) {
      out.bool(bool);
    } else if (value instanceof Number number) {
      number(number);
    } else if (value instanceof byte[] bytes) {
      out.bytes(bytes);
    } else if (value instanceof Buffer buffer) {
      out.bytes(buffer.getBytes());
    } else if (value instanceof JsonObject object) {
      map(object.size(), object.getMap().entrySet().iterator(), depth);
    } else if (value instanceof Map<?, ?> map) {
      map(map.size(), map.entrySet().iterator(), depth);
    } else if (value instanceof JsonArray array) {
      list(array.size(), array.getList().iterator(), depth);
    } else if (value instanceof List<?> list) {
      list(list.size(), list.iterator(), depth);
    } else if (value instanceof Instant instant) {
      timestamp(instant);
    } else if (value instanceof Date date) {
      timestamp(date.toInstant());
    } else if (value instanceof Enum<?> constant) {
      out.text(constant.name());
    } else if (value instanceof JsonNode node) {
      node(node, depth);
    } else {
      throw new PayloadException("a " + value.getClass().getName() + " can't be in one");
    }
  }

  private void node(JsonNode node, int depth) {
    switch (node.getNodeType()) {
      case OBJECT -> map(node.size(), node.properties().iterator(), depth);
      case ARRAY -> list(node.size(), node.elements(), depth);
      case STRING -> out.text(node.textValue());
      case NUMBER -> number(node.numberValue());
      case BOOLEAN -> out.bool(node.booleanValue());
      case BINARY -> out.bytes(((BinaryNode) node).binaryValue());
      case POJO -> value(((POJONode) node).getPojo(), depth);
      case NULL, MISSING -> out.nil();
    }
  }

  private void map(int size, Iterator<? extends Map.Entry<?, ?>> fields, int depth) {
    checkDepth(depth);
    out.map(size);
    while (fields.hasNext()) {
      Map.Entry<?, ?> field = fields.next();
      if (!(field.getKey() instanceof String name)) {
        throw new PayloadException("has a key that is no string");
      }
      out.text(name);
      try {
        value(field.getValue(), depth + 1);
      } catch (PayloadException e) {
        throw e.under(name);
      }
    }
  }

  private void list(int size, Iterator<?> items, int depth) {
    checkDepth(depth);
    out.list(size);
    for (int i = 0; items.hasNext(); i++) {
      try {
        value(items.next(), depth + 1);
      } catch (PayloadException e) {
        throw e.under(i);
      }
    }
  }

  private void number(Number number) {
    if (number instanceof Double || number instanceof Float) {
      out.number(number.doubleValue());
    } else if (number instanceof BigDecimal decimal) {
      double value = decimal.doubleValue();
      if (Double.isInfinite(value)) {
        throw inexact();
      }
      out.number(value);
    } else if (number instanceof BigInteger integer) {
      if (integer.abs().compareTo(MAX_DOUBLE_INTEGER) > 0
          || !new BigDecimal(integer.doubleValue()).toBigIntegerExact().equals(integer)) {
        throw inexact();
      }
      out.number(integer.doubleValue());
    } else if (number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte) {
      long value = number.longValue();
      // Long.MAX_VALUE rounds up to 2^63, which as a long is Long.MAX_VALUE again.
      if ((long) (double) value != value || value == Long.MAX_VALUE) {
        throw inexact();
      }
      out.number((double) value);
    } else {
      throw new PayloadException("a " + number.getClass().getName() + " can't be in one");
    }
  }

  private void timestamp(Instant instant) {
    long seconds = instant.getEpochSecond();
    int nanos = instant.getNano();
    if (seconds < 0 || seconds > 0xffff_ffffL) {
      out.extension(
          TIMESTAMP, ByteBuffer.allocate(12).putInt(nanos).putLong(seconds).array());
    } else if (nanos > 0) {
      out.extension(
          TIMESTAMP,
          ByteBuffer.allocate(8).putLong((long) nanos << 34 | seconds).array());
    } else {
      out.extension(TIMESTAMP, ByteBuffer.allocate(4).putInt((int) seconds).array());
    }
  }

  private static void checkDepth(int depth) {
    if (depth >= PayloadReader.MAX_DEPTH) {
      throw new PayloadException("nests deeper than " + PayloadReader.MAX_DEPTH);
    }
  }

  private static PayloadException inexact() {
    return new PayloadException("is a number that JavaScript can't hold exactly");
  }
}
