package io.tributary.core.wire.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.wire.v3.Vectors.Vector;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageSplitterTest {
  private static final int MAX = 1_000_000;

  private static List<String> drain(MessageSplitter splitter) throws MalformedMessageException {
    List<String> values = new ArrayList<>();
    for (Optional<byte[]> next = splitter.next(); next.isPresent(); next = splitter.next()) {
      values.add(HexFormat.of().formatHex(next.get()));
    }
    return values;
  }

  private static List<String> split(List<byte[]> reads, int maxBytes)
      throws MalformedMessageException {
    MessageSplitter splitter = new MessageSplitter(maxBytes);
    List<String> values = new ArrayList<>();
    for (byte[] read : reads) {
      splitter.feed(Buffer.buffer(read));
      values.addAll(drain(splitter));
    }
    assertThat(splitter.bytesHeld()).isZero();
    return values;
  }

  /** What peers emit and take, and payloads with every kind of value. */
  private static List<String> wellFormed() {
    return Vectors.all().stream()
        .filter(v -> v.hex() != null)
        .filter(v -> !"reject".equals(v.expect()))
        .filter(v -> !v.name().equals("decode.records-extension"))
        .filter(v -> !v.direction().equals("identity") && !v.direction().equals("entry id"))
        .filter(v -> !v.name().equals("entry.encrypted"))
        .map(Vector::hex)
        .toList();
  }

  @Test
  void everyTwoReadsGiveTheSameValues() throws Exception {
    List<String> values = wellFormed();
    assertThat(values).hasSizeGreaterThan(70);
    byte[] stream = HexFormat.of().parseHex(String.join("", values));
    for (int at = 0; at <= stream.length; at++) {
      List<byte[]> reads =
          List.of(Arrays.copyOf(stream, at), Arrays.copyOfRange(stream, at, stream.length));
      assertThat(split(reads, MAX)).isEqualTo(values);
    }
  }

  @Test
  void singleBytesGiveTheSameValues() throws Exception {
    List<String> values = wellFormed();
    List<byte[]> reads = new ArrayList<>();
    for (byte b : HexFormat.of().parseHex(String.join("", values))) {
      reads.add(new byte[] {b});
    }
    assertThat(split(reads, MAX)).isEqualTo(values);
  }

  @Test
  void randomStreamsCutAnywhereGiveTheirMessages() throws Exception {
    Random random = Seeds.random("randomStreamsCutAnywhereGiveTheirMessages");
    RandomMessages messages = new RandomMessages(random);
    for (int round = 0; round < (Seeds.LONG ? 20_000 : 300); round++) {
      Buffer stream = Buffer.buffer();
      List<String> sent = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        byte[] message = LooseEncoder.rewrite(V3Codec.encode(messages.next()), random);
        stream.appendBytes(message);
        sent.add(HexFormat.of().formatHex(message));
      }
      assertThat(split(V3CodecTest.cut(stream.getBytes(), random), 64 << 20)).isEqualTo(sent);
    }
  }

  @Test
  void eachValueComesAsSoonAsItIsComplete() throws Exception {
    MessageSplitter splitter = new MessageSplitter(MAX);
    splitter.feed(Buffer.buffer(new byte[] {(byte) 0x92, 1}));
    assertThat(splitter.next()).isEmpty();
    assertThat(splitter.next()).isEmpty();
    splitter.feed(Buffer.buffer(new byte[] {2}));
    assertThat(splitter.next()).contains(new byte[] {(byte) 0x92, 1, 2});
    assertThat(splitter.next()).isEmpty();
  }

  @Test
  void aValueMayHaveExactlyTheLimit() throws Exception {
    byte[] value = new byte[103];
    value[0] = (byte) 0xc5;
    value[2] = 100;
    assertThat(split(List.of(value), 103)).hasSize(1);
    assertThatThrownBy(() -> split(List.of(value), 102))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a message of more than 102 bytes");
  }

  @Test
  void aLengthAboveTheLimitIsRefusedOnSight() {
    for (String header :
        List.of("c6ffffffff", "db7fffffff", "c9ffffffff", "ddffffffff", "dfffffffff")) {
      MessageSplitter splitter = new MessageSplitter(MAX);
      splitter.feed(Buffer.buffer(HexFormat.of().parseHex(header)));
      assertThatThrownBy(splitter::next).isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void nestingIsBoundedByTheLimitAlone() throws Exception {
    byte[] lists = new byte[MAX];
    Arrays.fill(lists, (byte) 0x91);
    lists[MAX - 1] = 1;
    assertThat(split(List.of(lists), MAX)).hasSize(1);

    // Each list opens more values than a message can hold.
    byte[] wide = new byte[MAX];
    Arrays.fill(wide, (byte) 0x9f);
    assertThatThrownBy(() -> split(List.of(wide), MAX))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void neverUsedBytesAreRefused() {
    assertThatThrownBy(() -> split(List.of(new byte[] {(byte) 0x91, (byte) 0xc1}), MAX))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("byte 0xc1 is not MessagePack");
  }

  /** Rescanning from the start on each read would take hours here. */
  @Test
  void looksAtEveryByteOnce() throws Exception {
    int size = 4 << 20;
    byte[] value = new byte[size];
    value[0] = (byte) 0xdd;
    int count = size - 5;
    for (int i = 0; i < 4; i++) {
      value[1 + i] = (byte) (count >>> (8 * (3 - i)));
    }
    MessageSplitter splitter = new MessageSplitter(size);
    for (int at = 0; at < size; at += 16) {
      assertThat(splitter.next()).isEmpty();
      splitter.feed(Buffer.buffer(Arrays.copyOfRange(value, at, at + 16)));
    }
    assertThat(splitter.next()).contains(value);
  }
}
