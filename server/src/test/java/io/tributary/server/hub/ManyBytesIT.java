package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.ChangesEncoder;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.server.config.LimitsConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.metrics.HubMetrics.Held;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fresh client's whole history in one message: 200 MB, in chunks, on to the disk. */
class ManyBytesIT {
  private static final String KEY = "key";
  private static final int ENTRIES = 2000;
  private static final int ENTRY = 100_000;
  private static final int CHUNKS_PER_PING = 20;

  @Test
  void pingsAreAnsweredAllTheWay(@TempDir Path data) {
    try (TestHub hub = TestHub.start(TestHub.config()
        .storage(StorageConfig.file(data))
        .limits(LimitsConfig.builder().inFlightBytesTotal(2L << 30).build()))) {
      RawClient reader = hub.connect("t");
      reader.subscribe(KEY, 0);
      RawClient writer = hub.connect("t");
      List<SealedItem> entries = Entries.some(ENTRIES, ENTRY);
      List<Buffer> pieces = ChangesEncoder.chunk(0, V3Codec.encode(Entries.write(KEY, 0, entries)));
      int pings = 0;
      for (int i = 0; i < pieces.size(); i++) {
        writer.sendBinary(pieces.get(i).getBytes());
        if (i % CHUNKS_PER_PING == CHUNKS_PER_PING - 1) {
          writer.pingPong(++pings);
        }
      }
      assertThat(pings).isGreaterThanOrEqualTo(19);
      // and while it is written
      writer.ping(++pings);
      ServerMessage first = writer.next();
      ServerMessage second = writer.next();
      ServerMessage ack = first instanceof ServerMessage.Ack ? first : second;
      assertThat(ack == first ? second : first).isEqualTo(new ServerMessage.Pong(pings));
      assertThat(((ServerMessage.Ack) ack).sequenceNumbers()).hasSize(ENTRIES);
      for (int i = 0; i < ENTRIES; ) {
        for (ServerMessage.SealedChange change : reader.changes().entries()) {
          assertThat(change.sequence()).isEqualTo(i + 1);
          assertThat(change.entryId()).isEqualTo(entries.get(i).entryId());
          assertThat(change.ciphertext()).isEqualTo(entries.get(i).ciphertext());
          i++;
        }
        assertThat(hub.metrics().held(Held.OUTBOUND)).isLessThanOrEqualTo(2L << 20);
      }
      hub.awaitNothingHeld();
    }
  }
}
