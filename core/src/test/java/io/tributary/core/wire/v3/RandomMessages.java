package io.tributary.core.wire.v3;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.core.wire.v3.ServerMessage.PlainChange;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Messages of every kind, with the values at which encodings change often among them. */
final class RandomMessages {
  private static final double[] NUMBERS = {
    0,
    -0.0,
    1,
    -1,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    4_294_967_295.0,
    4_294_967_296.0,
    -32,
    -33,
    -128,
    -129,
    -32_768,
    -32_769,
    -2_147_483_648.0,
    -2_147_483_649.0,
    9_007_199_254_740_991.0,
    0.5,
    -1.5,
    1e300,
    Double.MIN_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };
  private static final int[] SIZES = {0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257};
  private static final int[] BIG_SIZES = {65_535, 65_536, 65_537};
  private static final int[] CODE_POINTS = {0, 'a', '"', 0x7f, 0x80, 0x43a, 0x2028, 0x9375, 0x1f511
  };

  private final Random random;

  RandomMessages(Random random) {
    this.random = random;
  }

  Message next() {
    return random.nextBoolean() ? nextClient() : nextServer();
  }

  ClientMessage nextClient() {
    return switch (random.nextInt(6)) {
      case 0 ->
        new ClientMessage.WriteEntries(
            text(),
            number(),
            bytes(),
            list(() -> new SealedItem(bytes(), bytes())),
            random.nextBoolean());
      case 1 ->
        new ClientMessage.WriteEntriesUnencrypted(
            text(),
            number(),
            list(() ->
                new PlainItem(bytes(), bytes(), text().getBytes(StandardCharsets.UTF_8), bytes())),
            random.nextBoolean());
      case 2 -> new ClientMessage.RequestChanges(text(), number(), random.nextBoolean());
      case 3 -> new ClientMessage.StopChanges(text());
      case 4 -> new ClientMessage.Ping(number());
      default -> new ClientMessage.Chunked(chunk());
    };
  }

  ServerMessage nextServer() {
    return switch (random.nextInt(7)) {
      case 0 -> new ServerMessage.Hello(bytes());
      case 1 -> new ServerMessage.Ack(number(), numbers());
      case 2 ->
        new ServerMessage.Changes(
            text(), list(() -> new SealedChange(number(), bytes(), bytes(), bytes())));
      case 3 ->
        new ServerMessage.ChangesUnencrypted(
            text(), list(() -> new PlainChange(number(), entry())));
      case 4 -> new ServerMessage.Pong(number());
      case 5 ->
        new ServerMessage.Refusal(
            text(),
            random.nextBoolean() ? number() : null,
            random.nextBoolean() ? text() : null,
            List.of(ErrorCode.values()).get(random.nextInt(3)),
            text());
      default -> new ServerMessage.Chunked(chunk());
    };
  }

  Entry entry() {
    return new Entry(new EntryId(random.nextLong(), random.nextLong()), text(), text(), bytes());
  }

  private Chunk chunk() {
    return new Chunk(number(), number(), number(), bytes());
  }

  double number() {
    return switch (random.nextInt(3)) {
      case 0 -> NUMBERS[random.nextInt(NUMBERS.length)];
      case 1 -> random.nextInt(1_000);
      default -> (double) (random.nextLong() >> random.nextInt(64));
    };
  }

  private double[] numbers() {
    double[] numbers = new double[size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number();
    }
    return numbers;
  }

  private int size() {
    return random.nextInt(200) == 0
        ? BIG_SIZES[random.nextInt(BIG_SIZES.length)]
        : SIZES[random.nextInt(SIZES.length)];
  }

  byte[] bytes() {
    byte[] bytes = new byte[size()];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    int size = size();
    StringBuilder text = new StringBuilder();
    boolean ascii = random.nextBoolean();
    while (text.length() < size) {
      text.appendCodePoint(ascii ? 'k' : CODE_POINTS[random.nextInt(CODE_POINTS.length)]);
    }
    return text.toString();
  }

  private <T> List<T> list(Supplier<T> element) {
    int size = random.nextInt(50) == 0 ? 15 + random.nextInt(3) : random.nextInt(3);
    List<T> list = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      list.add(element.get());
    }
    return list;
  }
}
