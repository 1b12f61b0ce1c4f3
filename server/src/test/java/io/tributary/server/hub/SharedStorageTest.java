package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.server.config.FeedConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.storage.postgres.PostgresServer;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two hubs on one database are one hub. */
class SharedStorageTest {
  private static final String KEY = "key";

  private static PostgresServer database;
  private static int schemas;

  private TestHub one;
  private TestHub two;

  @BeforeAll
  static void startDatabase() throws Exception {
    database = PostgresServer.start(PostgresServer.Version.NEWEST);
  }

  @AfterAll
  static void stopDatabase() throws Exception {
    database.close();
  }

  @BeforeEach
  void startBoth() {
    // The test is over long before heads are checked: what comes, comes by hints.
    start(Duration.ofHours(1));
  }

  private void start(Duration headsCheck) {
    HubConfig.Builder config = TestHub.config()
        .storage(new StorageConfig(
            "postgres",
            new JsonObject()
                .put("uri", database.uri())
                .put("poolSize", 4)
                .put("tablePrefix", "shared_" + ++schemas + "_")))
        .feed(new FeedConfig(1 << 20, 16 << 20, headsCheck));
    one = TestHub.start(config);
    two = TestHub.start(config);
  }

  @AfterEach
  void stopBoth() {
    one.close();
    two.close();
  }

  @Test
  void whatOneTakesInTheOtherSends() {
    RawClient reader = two.connect("t");
    reader.subscribe(KEY, 0);
    reader.expectNothing();
    RawClient writer = one.connect("t");
    for (int i = 0; i < 20; i++) {
      writer.write(KEY, i, Entries.some(3));
    }
    assertThat(reader.sequences(KEY, 60))
        .isEqualTo(LongStream.rangeClosed(1, 60).boxed().toList());
    reader.expectNothing();
  }

  @Test
  void aLostHintIsADelayOnly() {
    stopBoth();
    start(Duration.ofMillis(20));
    RawClient reader = two.connect("t");
    reader.subscribe(KEY, 0);
    reader.expectNothing();
    // Restarting the database ends the connections that hints come by.
    RawClient writer = one.connect("t");
    writer.write(KEY, 0, Entries.some(1));
    assertThat(reader.sequences(KEY, 1)).containsExactly(1L);
    database.kill();
    writer.send(Entries.write(KEY, 1, Entries.some(2)));
    startAgain();
    assertThat(writer.acked(1)).hasSize(2);
    assertThat(reader.sequences(KEY, 2)).containsExactly(2L, 3L);
  }

  @Test
  void whatNoHintTellsOfIsFoundByAskingForHeads() {
    stopBoth();
    start(Duration.ofMillis(20));
    // A notification has no room for it.
    String longKey = "k".repeat(9000);
    RawClient reader = two.connect("t");
    reader.subscribe(longKey, 0);
    reader.expectNothing();
    one.connect("t").write(longKey, 0, Entries.some(2));
    assertThat(reader.sequences(longKey, 2)).containsExactly(1L, 2L);
  }

  @Test
  void writersAtBothGetOneOrderAndNothingTwice() {
    RawClient readerOne = one.connect("t");
    RawClient readerTwo = two.connect("t");
    readerOne.subscribe(KEY, 0);
    readerTwo.subscribe(KEY, 0);
    RawClient writerOne = one.connect("t");
    RawClient writerTwo = two.connect("t");
    List<SealedItem> same = Entries.some(5);
    for (int i = 0; i < 40; i++) {
      writerOne.send(Entries.write(KEY, i, i == 20 ? same : Entries.some(2)));
      writerTwo.send(Entries.write(KEY, i, i == 20 ? same : Entries.some(2)));
    }
    List<Long> acked = new ArrayList<>();
    List<Long> sameOne = List.of();
    List<Long> sameTwo = List.of();
    for (int i = 0; i < 40; i++) {
      List<Long> first = writerOne.acked(i);
      List<Long> second = writerTwo.acked(i);
      if (i == 20) {
        sameOne = first;
        sameTwo = second;
      } else {
        acked.addAll(second);
      }
      acked.addAll(first);
    }
    assertThat(sameOne).as("the same entries, whoever brought them").isEqualTo(sameTwo);
    List<Long> all = LongStream.rangeClosed(1, acked.size()).boxed().toList();
    assertThat(acked).containsExactlyInAnyOrderElementsOf(all);
    assertThat(readerOne.sequences(KEY, acked.size())).isEqualTo(all);
    assertThat(readerTwo.sequences(KEY, acked.size())).isEqualTo(all);
  }

  private static void startAgain() {
    try {
      database.start();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
