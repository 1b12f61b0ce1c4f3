package io.tributary.core.wire.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkAssemblerTest {
  private static final long MAX = 1_000_000;
  private final ChunkAssembler assembler = new ChunkAssembler(MAX);

  private static Chunk chunk(double id, double index, double total, int size) {
    return new Chunk(id, index, total, new byte[size]);
  }

  private void refused(Chunk chunk, String message) {
    assertThatThrownBy(() -> assembler.add(chunk, 0))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void joinsPartsInAnyOrderWhateverTheCut() throws Exception {
    Random random = Seeds.random("joinsPartsInAnyOrderWhateverTheCut");
    RandomMessages messages = new RandomMessages(random);
    for (int round = 0; round < (Seeds.LONG ? 20_000 : 300); round++) {
      ChunkAssembler fresh = new ChunkAssembler(64 << 20);
      List<ClientMessage> sent = new ArrayList<>();
      List<Chunk> chunks = new ArrayList<>();
      for (int id = 0; id < 3; id++) {
        ClientMessage message = messages.nextClient();
        if (message instanceof ClientMessage.Chunked) {
          continue;
        }
        sent.add(message);
        List<byte[]> parts = V3CodecTest.cut(V3Codec.encode(message), random);
        parts.removeIf(part -> part.length == 0);
        for (int i = 0; i < parts.size(); i++) {
          chunks.add(new Chunk(id, i, parts.size(), parts.get(i)));
        }
      }
      Collections.shuffle(chunks, random);
      List<String> joined = new ArrayList<>();
      for (Chunk chunk : chunks) {
        Optional<List<byte[]>> parts = fresh.add(chunk, 0);
        if (parts.isPresent()) {
          joined.add(MessageJson.of(V3Codec.decodeClient(parts.get())).encode());
        }
      }
      assertThat(joined)
          .containsExactlyInAnyOrderElementsOf(
              sent.stream().map(m -> MessageJson.of(m).encode()).toList());
      assertThat(fresh.bytesHeld()).isZero();
      assertThat(fresh.oldestMs()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, total 0.0",
    "0, -1, total -1.0",
    "0, 1.5, total 1.5",
    "0, NaN, total NaN",
    "0, Infinity, total Infinity",
    "0, 2147483648, total 2.147483648E9",
    "2, 2, index 2.0",
    "3, 2, index 3.0",
    "-1, 2, index -1.0",
    "0.5, 2, index 0.5",
    "NaN, 2, index NaN",
  })
  void refusesImpossibleParts(double index, double total, String message) {
    refused(chunk(1, index, total, 1), message);
    assertThat(assembler.bytesHeld()).isZero();
  }

  @Test
  void refusesARepeatedPart() throws Exception {
    assertThat(assembler.add(chunk(1, 0, 2, 5), 0)).isEmpty();
    refused(chunk(1, 0, 2, 5), "part 0 came twice");
  }

  @Test
  void refusesAnotherTotal() throws Exception {
    assertThat(assembler.add(chunk(1, 0, 2, 5), 0)).isEmpty();
    refused(chunk(1, 1, 3, 5), "3 parts where an earlier one said 2");
  }

  @Test
  void refusesAPartWithoutData() {
    refused(chunk(1, 0, 2, 0), "without data");
  }

  @Test
  void refusesATotalThatCannotFit() {
    refused(chunk(1, 0, Integer.MAX_VALUE, 1), "cannot fit");
    refused(chunk(1, 0, MAX, 1), "cannot fit");
    assertThat(assembler.bytesHeld()).isZero();
  }

  @Test
  void refusesMoreBytesThanTheLimit() throws Exception {
    assertThat(assembler.add(chunk(1, 0, 3, 600_000), 0)).isEmpty();
    assertThat(assembler.add(chunk(2, 0, 3, 300_000), 0)).isEmpty();
    refused(chunk(1, 1, 3, 100_000), "more than 1000000 bytes");
    assertThat(assembler.bytesHeld()).isLessThanOrEqualTo(MAX);
  }

  @Test
  void aFloodOfTinyPartsIsBounded() throws Exception {
    int parts = 0;
    try {
      for (int i = 0; i < 10_000_000; i++) {
        int index = i / 50;
        if (assembler.add(chunk(i % 50, index, 10_000, 1), 0).isEmpty()) {
          parts++;
        }
      }
    } catch (MalformedMessageException e) {
      assertThat(e).hasMessageContaining("more than 1000000 bytes");
    }
    assertThat(parts).isBetween(5_000, (int) (MAX / ChunkAssembler.PART_OVERHEAD));
  }

  @Test
  void refusesTooManyMessagesAtOnce() throws Exception {
    for (int id = 0; id < ChunkAssembler.MAX_OPEN; id++) {
      assertThat(assembler.add(chunk(id, 0, 2, 1), 0)).isEmpty();
    }
    assertThat(assembler.add(chunk(7, 1, 2, 1), 0)).isPresent();
    assertThat(assembler.add(chunk(1_000, 0, 2, 1), 0)).isEmpty();
    refused(chunk(1_001, 0, 2, 1), "more than 64");
  }

  @Test
  void anIdIsFreeAgainOnceComplete() throws Exception {
    for (int round = 0; round < 3; round++) {
      assertThat(assembler.add(chunk(5, 1, 2, 3), 0)).isEmpty();
      List<byte[]> parts = assembler.add(chunk(5, 0, 2, 4), 0).orElseThrow();
      assertThat(parts).extracting(part -> part.length).containsExactly(4, 3);
      assertThat(assembler.bytesHeld()).isZero();
    }
  }

  @Test
  void idsAreNumbersAsJavaScriptComparesThem() throws Exception {
    assertThat(assembler.add(chunk(0.0, 0, 2, 1), 0)).isEmpty();
    assertThat(assembler.add(chunk(-0.0, 1, 2, 1), 0)).isPresent();
    assertThat(assembler.add(chunk(Double.NaN, 0, 2, 1), 0)).isEmpty();
    assertThat(assembler.add(chunk(Double.NaN, 1, 2, 1), 0)).isPresent();
  }

  @Test
  void tellsHowLongAMessageHasWaitedForAPart() throws Exception {
    assertThat(assembler.oldestMs()).isEmpty();
    assertThat(assembler.add(chunk(1, 0, 3, 1), 100)).isEmpty();
    assertThat(assembler.add(chunk(2, 0, 3, 1), 200)).isEmpty();
    assertThat(assembler.oldestMs()).isEqualTo(OptionalLong.of(100));
    assertThat(assembler.add(chunk(1, 1, 3, 1), 300)).isEmpty();
    assertThat(assembler.oldestMs()).isEqualTo(OptionalLong.of(200));
    assertThat(assembler.add(chunk(2, 1, 3, 1), 400)).isEmpty();
    assertThat(assembler.oldestMs()).isEqualTo(OptionalLong.of(300));
    assertThat(assembler.add(chunk(1, 2, 3, 1), 500)).isPresent();
    assertThat(assembler.oldestMs()).isEqualTo(OptionalLong.of(400));
    assertThat(assembler.add(chunk(2, 2, 3, 1), 600)).isPresent();
    assertThat(assembler.oldestMs()).isEmpty();
  }

  @Test
  void aLongMessageComesThroughWhole() throws Exception {
    byte[] payload = new byte[5_000_000];
    new Random(1).nextBytes(payload);
    ClientMessage.WriteEntries write = new ClientMessage.WriteEntries(
        "k", 1, new byte[12], List.of(new ClientMessage.SealedItem(new byte[16], payload)));
    ChunkAssembler large = new ChunkAssembler(6_000_000);
    Optional<List<byte[]>> joined = Optional.empty();
    for (Buffer frame : ChangesEncoder.chunk(1, V3Codec.encode(write))) {
      assertThat(joined).isEmpty();
      joined =
          large.add(((ClientMessage.Chunked) V3Codec.decodeClient(frame.getBytes())).chunk(), 0);
    }
    ClientMessage.WriteEntries received =
        (ClientMessage.WriteEntries) V3Codec.decodeClient(joined.orElseThrow());
    assertThat(received.entries().get(0).ciphertext()).isEqualTo(payload);
  }
}
