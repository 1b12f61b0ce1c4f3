package io.tributary.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.SealedChange;
import io.tributary.core.wire.v3.V3Codec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchScannerTest {
  private final BenchScanner scanner = new BenchScanner();
  private final List<Double> sequences = new ArrayList<>();
  private final List<byte[]> ciphertexts = new ArrayList<>();

  private BenchScanner.Kind scan(byte[] message) throws BenchScanner.BadFrameException {
    byte[] read = new byte[message.length + 7];
    System.arraycopy(message, 0, read, 3, message.length);
    return scanner.scan(read, 3, 3 + message.length, (sequence, frame, from, length) -> {
      sequences.add(sequence);
      ciphertexts.add(Arrays.copyOfRange(frame, from, from + length));
    });
  }

  @Test
  void findsWhatAnAckSays() throws Exception {
    assertThat(scan(V3Codec.encode(new ServerMessage.Ack(300, new double[] {70_000, 5e9, 3}))))
        .isEqualTo(BenchScanner.Kind.ACK);

    assertThat(scanner.id).isEqualTo(300);
    assertThat(scanner.count).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 16, 70_000})
  void findsEveryEntryOfChanges(int count) throws Exception {
    List<SealedChange> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] ciphertext = new byte[i % 300];
      Arrays.fill(ciphertext, (byte) i);
      entries.add(new SealedChange(i * 1000.0, new byte[12], new byte[16], ciphertext));
    }

    assertThat(scan(V3Codec.encode(new ServerMessage.Changes("key", entries))))
        .isEqualTo(BenchScanner.Kind.CHANGES);

    assertThat(sequences).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(sequences.get(i)).isEqualTo(i * 1000.0);
      assertThat(ciphertexts.get(i)).isEqualTo(entries.get(i).ciphertext());
    }
  }

  @Test
  void tellsTheOtherMessagesApart() throws Exception {
    assertThat(scan(V3Codec.encode(new ServerMessage.Hello(new byte[16]))))
        .isEqualTo(BenchScanner.Kind.HELLO);
    assertThat(scan(V3Codec.encode(new ServerMessage.Pong(1)))).isEqualTo(BenchScanner.Kind.PONG);
    assertThat(
            scan(V3Codec.encode(new ServerMessage.Chunked(new Chunk(1, 0, 2, new byte[70_000])))))
        .isEqualTo(BenchScanner.Kind.CHUNK);
    assertThat(scan(HexFormat.of().parseHex("81a45f746167a35831320a".substring(0, 20))))
        .isEqualTo(BenchScanner.Kind.OTHER);
  }

  @Test
  void refusesEveryCutAndWhatFollowsTheMessage() {
    byte[] message = V3Codec.encode(new ServerMessage.Changes(
        "key", List.of(new SealedChange(1, new byte[12], new byte[16], new byte[300]))));
    for (int length = 0; length < message.length; length++) {
      byte[] cut = Arrays.copyOf(message, length);
      assertThatExceptionOfType(BenchScanner.BadFrameException.class).isThrownBy(() -> scan(cut));
    }
    byte[] longer = Arrays.copyOf(message, message.length + 1);
    assertThatExceptionOfType(BenchScanner.BadFrameException.class).isThrownBy(() -> scan(longer));
  }
}
