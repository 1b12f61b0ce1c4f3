package io.tributary.server.move;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Mapping;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MoveTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(5000));
  private static final StoreKey STORE = new StoreKey.Plain("a", "main");
  private static Vertx vertx;

  private final long seed = Long.getLong("seed", System.nanoTime());

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  // the file

  @Test
  void theFileIsTheseLines() throws Exception {
    Storage storage = open();
    Waiting.on(storage.reseed(DataSetId.parse("000102030405060708090a0b0c0d0e0f")));
    EntryId one = new EntryId(0, 1);
    EntryId two = new EntryId(0, 2);
    EntryId three = new EntryId(-1, -1);
    NewRecord gone = NewRecord.sealed(one, new byte[0], new byte[] {1});
    NewRecord stays = new NewRecord(
        List.of(two, three),
        RecordKind.PLAIN,
        "e".getBytes(UTF_8),
        new byte[0],
        new byte[] {(byte) 0xff},
        new byte[] {0, 1},
        true,
        "me".getBytes(UTF_8));
    append(storage, STORE, gone, stays);
    Waiting.on(storage.log().remove(new Removal(STORE, List.of(1L), 1, null)));
    Waiting.on(storage.registry().assign(new Mapping("a", "k", "default", "main"), false));
    int unused = Waiting.on(storage.registry().remove("a", "k"));
    assertThat(Waiting.on(storage.registry().bind(new Binding("a", "k", new byte[] {7}))))
        .hasSize(1);

    List<String> lines = lines(export(storage));
    assertThat(lines.subList(0, 4))
        .containsExactly(
            "{\"type\":\"header\",\"version\":1,\"dataSetId\":\"AAECAwQFBgcICQoLDA0ODw==\"}",
            "{\"type\":\"store\",\"store\":\"a/plain:main\",\"head\":3}",
            "{\"type\":\"tombstone\",\"sequence\":1,\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ==\"}",
            "{\"type\":\"record\",\"first\":2,\"ids\":[\"AAAAAAAAAAAAAAAAAAAAAg==\","
                + "\"/////////////////////w==\"],\"kind\":3,\"event\":\"ZQ==\",\"primaryKey\":\"\","
                + "\"header\":\"/w==\",\"body\":\"AAE=\",\"committedAt\":77,\"process\":true,"
                + "\"author\":\"bWU=\"}");
    assertThat(lines.get(4))
        .isEqualTo("{\"type\":\"digest\",\"store\":\"a/plain:main\",\"lines\":3,\"sha256\":\""
            + sha256(lines.subList(1, 4))
            + "\"}");
    assertThat(lines.subList(5, 7))
        .containsExactly(
            "{\"type\":\"mapping\",\"tenant\":\"a\",\"publicKey\":\"k\","
                + "\"requestedStore\":\"default\",\"store\":\"main\",\"removed\":true}",
            "{\"type\":\"binding\",\"tenant\":\"a\",\"publicKey\":\"k\",\"signingKey\":\"Bw==\"}");
    List<String> outside = new ArrayList<>(lines.subList(4, 7));
    outside.add(0, lines.get(0));
    assertThat(lines.subList(7, lines.size()))
        .containsExactly("{\"type\":\"end\",\"lines\":4,\"sha256\":\"" + sha256(outside) + "\"}");
  }

  @Test
  void anEmptyStorageIsAFileToo() throws Exception {
    byte[] file = export(open());
    assertThat(lines(file)).hasSize(2);
    Moved moved = importer(open()).run(source(file), false);
    assertThat(moved.stores()).isZero();
  }

  // there and back

  @Test
  void whatIsImportedIsTheSame() throws Exception {
    for (int run = 0; run < 5; run++) {
      Storage from = open();
      RandomData data = new RandomData(seed + run, from).fill(40);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Moved exported = new Exporter(from, MoveProgress.NONE).export(out);
      assertThat(exported.dataSetId()).isEqualTo(from.dataSetId());
      Storage to = open();
      Moved moved = importer(to).run(source(out.toByteArray()), true);
      assertThat(moved).as("seed %d", seed + run).isEqualTo(exported);
      assertThat(export(to)).as("seed %d", seed + run).isEqualTo(out.toByteArray());
      assertSame(from, to, data);
    }
  }

  private static void assertSame(Storage from, Storage to, RandomData data) throws IOException {
    assertThat(Waiting.on(to.registry().list(Optional.empty(), 1000)))
        .isEqualTo(Waiting.on(from.registry().list(Optional.empty(), 1000)));
    for (StoreKey store : RandomData.STORES) {
      assertThat(Waiting.on(to.log().stats(store)))
          .isEqualTo(Waiting.on(from.log().stats(store)));
      // known ids are told their sequences, the others get the same new ones
      assertThat(answers(to, store, data.ids(store)))
          .isEqualTo(answers(from, store, data.ids(store)));
    }
  }

  private static List<String> answers(Storage storage, StoreKey store, List<EntryId> ids)
      throws IOException {
    List<NewRecord> records =
        ids.stream().map(id -> NewRecord.sealed(id, new byte[12], new byte[1])).toList();
    AppendResult result =
        Waiting.on(storage.log().append(List.of(new Append(store, 1, records)))).get(0);
    return result.slots().stream()
        .map(slot -> slot.stored() + Arrays.toString(slot.sequences()))
        .toList();
  }

  @Test
  void onlyAMoveKeepsTheIdentity() throws Exception {
    Storage from = open();
    new RandomData(seed, from).fill(5);
    byte[] file = export(from);
    Storage to = open();
    DataSetId before = to.dataSetId();
    Moved moved = importer(to).run(source(file), false);
    assertThat(to.dataSetId())
        .isEqualTo(moved.dataSetId())
        .isNotEqualTo(before)
        .isNotEqualTo(from.dataSetId());
    assertThat(importer(to).run(source(file), true).dataSetId()).isEqualTo(from.dataSetId());
    assertThat(to.dataSetId()).isEqualTo(from.dataSetId());
  }

  @Test
  void someStoresGoWithTheirMappings() throws Exception {
    Storage from = open();
    RandomData data = new RandomData(seed, from).fill(60);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Moved moved = new Exporter(from, MoveProgress.NONE).export(List.of(STORE, STORE), out);
    assertThat(moved.stores()).isEqualTo(1);
    Storage to = open();
    importer(to).run(source(out.toByteArray()), true);
    assertThat(Waiting.on(to.log().stores(Optional.empty(), 10))).containsExactly(STORE);
    assertThat(answers(to, STORE, data.ids(STORE)))
        .isEqualTo(answers(from, STORE, data.ids(STORE)));
    assertThat(Waiting.on(to.registry().list(Optional.empty(), 1000)))
        .isEqualTo(Waiting.on(from.registry().list(Optional.empty(), 1000)).stream()
            .filter(l -> l.mapping().tenant().equals("a") && l.mapping().store().equals("main"))
            .toList())
        .isNotEmpty();
    assertThat(Waiting.on(to.registry().bindings(Optional.empty(), 1000)))
        .allSatisfy(binding -> assertThat(binding.tenant()).isEqualTo("a"));
    StoreKey unknown = new StoreKey.Plain("a", "nothing");
    assertThatThrownBy(() -> new Exporter(from, MoveProgress.NONE)
            .export(List.of(STORE, unknown), new ByteArrayOutputStream()))
        .isInstanceOf(MoveException.class)
        .hasMessageContaining("a/plain:nothing");
  }

  @Test
  void aBodyOfManyMebibytesIsOneLine() throws Exception {
    Storage from = open();
    byte[] body = new byte[24 << 20];
    new Random(1).nextBytes(body);
    append(from, STORE, NewRecord.sealed(new EntryId(1, 1), new byte[12], body));
    Storage to = open();
    importer(to).run(source(export(from)), false);
    assertThat(Arrays.equals(
            Waiting.on(to.log().read(STORE, 1, 1, 1)).records().get(0).record().body(), body))
        .isTrue();
  }

  @Test
  void progressIsToldToTheEnd() throws Exception {
    Storage from = open();
    for (int i = 0; i < 5; i++) {
      NewRecord[] records = new NewRecord[700];
      for (int j = 0; j < records.length; j++) {
        records[j] = NewRecord.sealed(new EntryId(i, j), new byte[12], new byte[10]);
      }
      append(from, STORE, records);
    }
    List<Long> told = new ArrayList<>();
    MoveProgress progress = (store, sequence, head) -> {
      assertThat(store).isEqualTo(STORE);
      assertThat(head).isEqualTo(3500);
      told.add(sequence);
    };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Exporter(from, progress).export(out);
    assertThat(told).hasSizeGreaterThan(3).isSorted().endsWith(3500L);
    told.clear();
    new Importer(open(), CLOCK, progress).run(source(out.toByteArray()), false);
    assertThat(told).hasSizeGreaterThan(3).isSorted().endsWith(3500L);
  }

  // beside live traffic

  @Test
  void noIdIsLostWhileEntriesAreRemoved() throws Exception {
    for (int run = 0; run < 20; run++) {
      Storage from = open();
      RandomData data = new RandomData(seed + run, from).fill(0);
      while (Waiting.on(from.log().heads(List.of(STORE))).get(STORE) < 6000) {
        data.append(STORE);
      }
      List<EntryId> before = List.copyOf(data.ids(STORE));
      Random random = new Random(seed + run);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      new Exporter(from, MoveProgress.NONE).export(new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          throw new IOException("byte by byte");
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          out.write(bytes, offset, length);
          if (random.nextInt(200) == 0) {
            data.remove(STORE);
            data.append(STORE);
          }
        }
      });
      Storage to = open();
      importer(to).run(source(out.toByteArray()), false);
      StoreStats stats = Waiting.on(to.log().stats(STORE));
      assertThat(stats.head()).isGreaterThanOrEqualTo(6000);
      List<String> expected = answers(from, STORE, before);
      List<String> answers = answers(to, STORE, before);
      assertThat(answers).as("seed %d", seed + run).isEqualTo(expected);
    }
  }

  // resuming

  @Test
  void anInterruptedImportGoesOn() throws Exception {
    Storage from = open();
    RandomData data = new RandomData(seed, from).fill(400);
    byte[] file = export(from);
    Random random = new Random(seed);
    Storage to = open();
    for (int i = 0; i < 12; i++) {
      int breaksAt = random.nextInt(file.length);
      int pass = i == 0 ? 2 : 3;
      int[] opened = {0};
      assertThatThrownBy(() -> importer(to)
              .run(
                  () -> ++opened[0] < pass
                      ? new ByteArrayInputStream(file)
                      : new Broken(new ByteArrayInputStream(file), breaksAt),
                  true))
          .isInstanceOf(IOException.class)
          .hasMessage("broken");
      assertThat(to.dataSetId()).isNotEqualTo(from.dataSetId());
    }
    Moved moved = importer(to).run(source(file), true);
    assertThat(moved.present()).isPositive();
    assertThat(export(to)).as("seed %d", seed).isEqualTo(file);
    Moved again = importer(to).run(source(file), true);
    assertThat(again.present()).isEqualTo(again.records() + again.tombstones());
    assertThat(export(to)).isEqualTo(file);
    assertSame(from, to, data);
  }

  private static final class Broken extends FilterInputStream {
    private int left;

    Broken(InputStream in, int left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        throw new IOException("broken");
      }
      int read = super.read(bytes, offset, Math.min(left, length));
      left -= Math.max(0, read);
      return read;
    }
  }

  @Test
  void aStoreThatGoesItsOwnWayIsLeftAsItIs() throws Exception {
    Storage from = open();
    append(from, STORE, sealed(1), sealed(2), sealed(3));
    Waiting.on(from.log().remove(new Removal(STORE, List.of(2L), 1, null)));
    byte[] file = export(from);

    assertDiffers(file, "line 3: ", " at sequence 1", storage -> append(storage, STORE, sealed(9)));
    assertDiffers(
        file,
        "line 4: ",
        " at sequence 2",
        storage -> append(storage, STORE, sealed(1), sealed(2)));
    assertDiffers(file, "line 5: ", " at sequence 3", storage -> {
      append(storage, STORE, sealed(1), sealed(2), sealed(3));
      Waiting.on(storage.log().remove(new Removal(STORE, List.of(2L, 3L), 1, null)));
    });
    assertDiffers(file, "line 2: ", " at sequence 4", storage -> {
      append(storage, STORE, sealed(1), sealed(2), sealed(3), sealed(4));
      Waiting.on(storage.log().remove(new Removal(STORE, List.of(2L), 1, null)));
    });
    assertDiffers(
        file,
        "line 5: ",
        " at sequence 3",
        storage -> Waiting.on(storage
            .log()
            .restore(new Restoration(STORE, List.of(new StoredRecord(1, 77, sealed(1))), 1, 1))
            .compose(done -> storage
                .log()
                .restore(new Restoration(
                    STORE,
                    List.of(new io.tributary.core.log.Tombstone(2, new EntryId(0, 2))),
                    3,
                    1)))));
    assertDiffers(file, "line 3: ", " at sequence 1", storage -> {
      // another time of commit
      Waiting.on(storage
          .log()
          .restore(new Restoration(STORE, List.of(new StoredRecord(1, 78, sealed(1))), 1, 1)));
    });
  }

  @Test
  void aStoreThatKnowsMoreThanTheFileIsLeftAsItIs() throws Exception {
    Storage from = open();
    append(from, STORE, sealed(1), sealed(2), sealed(3));
    Waiting.on(from.log().remove(new Removal(STORE, List.of(2L, 3L), 1, null)));
    assertThat(Waiting.on(from.log().forget(STORE, Long.MAX_VALUE, 10))).isEqualTo(2);
    assertDiffers(export(from), "line 4: ", " at sequence 2", storage -> {
      append(storage, STORE, sealed(1), sealed(2), sealed(3));
      Waiting.on(storage.log().remove(new Removal(STORE, List.of(3L), 1, null)));
    });
  }

  private interface Preparation {
    void run(Storage storage) throws IOException;
  }

  private static void assertDiffers(byte[] file, String where, String end, Preparation preparation)
      throws IOException {
    Storage to = open();
    preparation.run(to);
    byte[] before = export(to);
    assertThatThrownBy(() -> importer(to).run(source(file), true))
        .isInstanceOf(MoveException.class)
        .hasMessageStartingWith(where + "store a/plain:main ")
        .hasMessageEndingWith(end);
    assertThat(export(to)).isEqualTo(before);
  }

  @Test
  void aRegistryThatGoesItsOwnWayIsLeftAsItIs() throws Exception {
    Storage from = open();
    Waiting.on(from.registry().assign(new Mapping("a", "key", "x", "main"), false));
    Waiting.on(from.registry().assign(new Mapping("a", "old", "x", "main"), false));
    int unused = Waiting.on(from.registry().remove("a", "old"));
    assertThat(Waiting.on(from.registry().bind(new Binding("a", "key", new byte[1]))))
        .hasSize(1);
    byte[] file = export(from);
    for (Mapping mapping : List.of(
        new Mapping("a", "key", "x", "other"),
        new Mapping("a", "old", "x", "main"),
        new Mapping("a", "old", "x", "other"),
        new Mapping("a", "old", "", "other"),
        new Mapping("a", "old", "y", "main"))) {
      Storage to = open();
      Waiting.on(to.registry().assign(mapping, false));
      assertThatThrownBy(() -> importer(to).run(source(file), true))
          .as("%s", mapping)
          .isInstanceOf(MoveException.class)
          .hasMessageContaining(mapping.publicKey());
      assertThat(
              Waiting.on(to.registry().resolve("a", mapping.publicKey(), mapping.requestedStore())))
          .isEqualTo(mapping.store());
    }
    Storage removed = open();
    Waiting.on(removed.registry().assign(new Mapping("a", "key", "x", "main"), false));
    int gone = Waiting.on(removed.registry().remove("a", "key"));
    assertThat(gone).isEqualTo(1);
    assertThatThrownBy(() -> importer(removed).run(source(file), true))
        .isInstanceOf(MoveException.class)
        .hasMessageContaining("was removed here");
    Storage bound = open();
    assertThat(Waiting.on(bound.registry().bind(new Binding("a", "key", new byte[2]))))
        .hasSize(2);
    assertThatThrownBy(() -> importer(bound).run(source(file), true))
        .isInstanceOf(MoveException.class)
        .hasMessageContaining("another signing key");
  }

  @Test
  void mappingsThatAreThereAlreadyStay() throws Exception {
    Storage from = open();
    Waiting.on(from.registry().assign(new Mapping("a", "key", "old", "main"), false));
    int unused = Waiting.on(from.registry().remove("a", "key"));
    Waiting.on(from.registry().assign(new Mapping("a", "key", "new", "main"), false));
    byte[] file = export(from);
    Storage to = open();
    Waiting.on(to.registry().assign(new Mapping("a", "key", "new", "main"), false));
    for (int i = 0; i < 2; i++) {
      importer(to).run(source(file), true);
      assertThat(export(to)).isEqualTo(file);
    }
  }

  // what became of entries

  private static final StoreKey.Plain PLAIN = new StoreKey.Plain("a", "main");
  private static final String JOURNAL = ProcessingJournals.name(PLAIN);

  private static NewRecord plain(int id) {
    return NewRecord.plain(
        new EntryId(0, id), new byte[] {'e'}, new byte[] {'k'}, new byte[] {1}, true, null);
  }

  private static void process(Storage storage, long sequence, EntryOutcome.State state)
      throws IOException {
    EntryId id = new EntryId(0, sequence);
    Waiting.on(storage
        .journals()
        .commit(
            JOURNAL,
            JournalCommit.received(
                List.of(new JournalEntry(
                    id, new byte[] {'e'}, new byte[] {'k'}, new byte[0], sequence)),
                List.of(new EntryOutcome(id, state, 2, 9, null)),
                new RemoteProgress(
                    ProcessingJournals.remote(PLAIN),
                    ProcessingJournals.storeOf(PLAIN),
                    sequence + 1,
                    sequence,
                    1,
                    0)),
            Optional.empty()));
  }

  private static long next(Storage storage) throws IOException {
    return Waiting.on(storage
            .journals()
            .progress(JOURNAL, ProcessingJournals.remote(PLAIN), ProcessingJournals.storeOf(PLAIN)))
        .next();
  }

  private static List<String> outcomes(Storage storage) throws IOException {
    return Waiting.on(storage.journals().outcomes(JOURNAL, Optional.empty(), Optional.empty(), 99))
        .stream()
        .map(outcome -> outcome.id().low() + " " + outcome.state() + " " + outcome.attempts())
        .toList();
  }

  @Test
  void whatTheProcessingKnowsGoesAlong() throws Exception {
    Storage from = open();
    append(from, STORE, plain(1), plain(2), plain(3));
    process(from, 1, EntryOutcome.State.HANDLED);
    process(from, 2, EntryOutcome.State.FAILED);
    byte[] file = export(from);
    assertThat(lines(file))
        .contains(
            "{\"type\":\"outcome\",\"store\":\"a/plain:main\","
                + "\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ==\",\"state\":\"handled\",\"attempts\":2,"
                + "\"at\":9,\"sequence\":1,\"event\":\"ZQ==\",\"primaryKey\":\"aw==\"}",
            "{\"type\":\"progress\",\"store\":\"a/plain:main\",\"next\":3,\"begun\":2,"
                + "\"attempt\":1}");
    Storage to = open();
    assertThat(importer(to).run(source(file), true).outcomes()).isEqualTo(2);
    assertThat(outcomes(to)).containsExactly("1 HANDLED 2", "2 FAILED 2");
    assertThat(next(to)).isEqualTo(3);
    assertThat(Waiting.on(to.journals()
            .sameKey(JOURNAL, new byte[] {'e'}, new byte[] {'k'}, Optional.empty(), 9)))
        .extracting(placed -> placed.entry().sequence())
        .containsExactly(1L, 2L);
    assertThat(export(to)).isEqualTo(file);
  }

  @Test
  void whatComesBehindTheExportedHeadIsNotTold() throws Exception {
    Storage from = open();
    append(from, STORE, plain(1), plain(2));
    process(from, 1, EntryOutcome.State.HANDLED);
    process(from, 2, EntryOutcome.State.HANDLED);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    // the third comes, and is processed, while the file is written
    new Exporter(from, (store, sequence, head) -> {
          try {
            append(from, STORE, plain(3));
            process(from, 3, EntryOutcome.State.HANDLED);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        })
        .export(out);
    Storage to = open();
    importer(to).run(source(out.toByteArray()), false);
    assertThat(outcomes(to)).containsExactly("1 HANDLED 2", "2 HANDLED 2");
    assertThat(next(to)).isEqualTo(3);
  }

  @Test
  void noRecordIsThereBeforeItsOutcome() throws Exception {
    Storage from = open();
    for (int i = 1; i <= 600; i++) {
      append(from, STORE, plain(i));
      process(from, i, EntryOutcome.State.HANDLED);
    }
    byte[] file = export(from);
    Random random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      Storage to = open();
      int pass = 2 + random.nextInt(2);
      int breaksAt = random.nextInt(file.length);
      int[] opened = {0};
      assertThatThrownBy(() -> importer(to)
              .run(
                  () -> ++opened[0] < pass
                      ? new ByteArrayInputStream(file)
                      : new Broken(new ByteArrayInputStream(file), breaksAt),
                  true))
          .hasMessage("broken");
      List<EntryId> there = Waiting.on(to.log().read(STORE, 1, 1000, 1 << 20)).records().stream()
          .map(record -> record.record().ids().get(0))
          .toList();
      assertThat(Waiting.on(to.journals().known(JOURNAL, there)))
          .as("seed %d", seed)
          .hasSize(there.size())
          .allSatisfy((id, known) -> assertThat(known.outcome()).isNotNull());
      importer(to).run(source(file), true);
      assertThat(export(to)).isEqualTo(file);
    }
  }

  @Test
  void whatTheProcessingHasDoneSinceStays() throws Exception {
    Storage from = open();
    append(from, STORE, plain(1), plain(2));
    process(from, 1, EntryOutcome.State.FAILED);
    byte[] file = export(from);
    Storage to = open();
    importer(to).run(source(file), true);
    process(to, 1, EntryOutcome.State.HANDLED);
    process(to, 2, EntryOutcome.State.HANDLED);
    importer(to).run(source(file), true);
    assertThat(outcomes(to)).containsExactly("1 HANDLED 2", "2 HANDLED 2");
    assertThat(next(to)).isEqualTo(3);
  }

  @Test
  void aStoreThatGoesItsOwnWayKeepsItsJournal() throws Exception {
    Storage from = open();
    append(from, STORE, plain(1), plain(2));
    process(from, 1, EntryOutcome.State.HANDLED);
    process(from, 2, EntryOutcome.State.HANDLED);
    assertDiffers(
        export(from), "line 3: ", " at sequence 1", storage -> append(storage, STORE, plain(2)));
  }

  // damaged files

  @Test
  void aFlippedBitIsNeverAccepted() throws Exception {
    Storage from = open();
    new RandomData(seed, from).fill(6);
    byte[] file = export(from);
    Random random = new Random(seed);
    for (int i = 0; i < 1500; i++) {
      byte[] damaged = file.clone();
      int at = random.nextInt(file.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      if (at == file.length - 1 && damaged[at] == '\r') {
        continue; // white space behind the last line
      }
      assertRefused(damaged, "bit flipped at " + at + ", seed " + seed);
    }
  }

  @Test
  void aCutFileIsNeverAccepted() throws Exception {
    Storage from = open();
    new RandomData(seed, from).fill(6);
    byte[] file = export(from);
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      int length = random.nextInt(file.length - 1);
      assertRefused(Arrays.copyOf(file, length), "cut at " + length + ", seed " + seed);
    }
    // at the ends of lines
    for (int i = 0; i < file.length - 1; i++) {
      if (file[i] == '\n') {
        assertRefused(Arrays.copyOf(file, i + 1), "cut after " + i + ", seed " + seed);
      }
    }
    importer(open()).run(source(Arrays.copyOf(file, file.length - 1)), false);
  }

  @Test
  void aFileWithLinesMissingTwiceOrSwappedIsNeverAccepted() throws Exception {
    Storage from = open();
    new RandomData(seed, from).fill(4);
    List<String> lines = lines(export(from));
    for (int i = 0; i < lines.size(); i++) {
      List<String> missing = new ArrayList<>(lines);
      missing.remove(i);
      assertRefused(file(missing), "without line " + (i + 1) + ", seed " + seed);
      List<String> twice = new ArrayList<>(lines);
      twice.add(i, lines.get(i));
      assertRefused(file(twice), "line " + (i + 1) + " twice, seed " + seed);
      if (i > 0) {
        List<String> swapped = new ArrayList<>(lines);
        swapped.set(i, lines.get(i - 1));
        swapped.set(i - 1, lines.get(i));
        assertRefused(file(swapped), "line " + (i + 1) + " swapped, seed " + seed);
      }
    }
  }

  private static void assertRefused(byte[] file, String what) throws IOException {
    Storage to = open();
    DataSetId id = to.dataSetId();
    assertThatThrownBy(() -> importer(to).run(source(file), true))
        .as(what)
        .isInstanceOf(MoveException.class)
        .hasMessageMatching("(?s)line [1-9][0-9]*: .+");
    assertThat(to.dataSetId()).as(what).isEqualTo(id);
    assertThat(Waiting.on(to.log().stores(Optional.empty(), 1))).as(what).isEmpty();
    assertThat(Waiting.on(to.journals().journals(Optional.empty(), 1))).as(what).isEmpty();
    assertThat(Waiting.on(to.registry().list(Optional.empty(), 1))).as(what).isEmpty();
    assertThat(Waiting.on(to.registry().bindings(Optional.empty(), 1))).as(what).isEmpty();
  }

  @Test
  void whatIsWrongIsSaidWithItsLine() throws Exception {
    String header =
        "{\"type\":\"header\",\"version\":1,\"dataSetId\":\"AAECAwQFBgcICQoLDA0ODw==\"}";
    String store = "{\"type\":\"store\",\"store\":\"a/plain:main\",\"head\":3}";
    String tombstone =
        "{\"type\":\"tombstone\",\"sequence\":2,\"id\":\"AAAAAAAAAAAAAAAAAAAAAQ==\"}";
    String record = "{\"type\":\"record\",\"first\":3,\"ids\":[\"AAAAAAAAAAAAAAAAAAAAAg==\"],"
        + "\"kind\":1,\"header\":\"\",\"body\":\"AAE=\",\"committedAt\":77,\"process\":false}";
    String digest = "{\"type\":\"digest\",\"store\":\"a/plain:main\",\"lines\":3,\"sha256\":\""
        + sha256(List.of(store, tombstone, record))
        + "\"}";
    String end = "{\"type\":\"end\"}";
    // An end without a sum is an end, too.
    List<String> good = List.of(header, store, tombstone, record, digest, end);
    assertThatCode(() -> importer(open()).run(source(file(good)), false))
        .doesNotThrowAnyException();

    assertWrong(1, "", List.of());
    assertWrong(1, "not valid", List.of("export"));
    assertWrong(1, "not a JSON object", List.of("[]"));
    assertWrong(1, "doesn't belong here", List.of(store));
    assertWrong(1, "version 2", List.of(header.replace(":1,", ":2,")));
    assertWrong(2, "newer", List.of(header, header.replace(":1,", ":7,")));
    assertWrong(2, "doesn't belong here", List.of(header, header));
    assertWrong(2, "doesn't belong here", List.of(header, record));
    assertWrong(2, "not complete", List.of(header));
    assertWrong(3, "doesn't belong here", List.of(header, store, store));
    assertWrong(3, "doesn't belong here", List.of(header, store, end));
    assertWrong(3, "doesn't belong here", List.of(header, end, end));
    assertWrong(2, "store is missing", List.of(header, "{\"type\":\"outcome\"}"));
    assertWrong(2, "type is missing", List.of(header, "{}"));
    assertWrong(2, "wrong kind", List.of(header, "{\"type\":null}"));
    assertWrong(2, "wrong kind", List.of(header, store.replace(":3", ":\"3\"")));
    assertWrong(2, "head is 0", List.of(header, store.replace(":3", ":0")));
    assertWrong(2, "store key", List.of(header, store.replace("plain", "fancy")));
    assertWrong(2, "written otherwise", List.of(header, store.replace("main", "%6Dain")));
    assertWrong(2, "unknown field x", List.of(header, store.replace("}", ",\"x\":1}")));
    assertWrong(2, "uplicate", List.of(header, store.replace("}", ",\"head\":3}")));
    assertWrong(2, "follows", List.of(header, store + "{}"));
    assertWrong(3, "sequence is 0", List.of(header, store, tombstone.replace(":2", ":0")));
    assertWrong(3, "above the store's head", List.of(header, store, tombstone.replace(":2", ":4")));
    assertWrong(4, "doesn't come after 3", List.of(header, store, record, tombstone));
    assertWrong(3, "16 bytes", List.of(header, store, tombstone.replace("AAAAAAAA", "")));
    assertWrong(3, "base64", List.of(header, store, record.replace("AAE=", "A!E=")));
    assertWrong(3, "not valid", List.of(header, store, record.replace("AAE=", "AAE")));
    assertWrong(3, "kind", List.of(header, store, record.replace("\"kind\":1", "\"kind\":9")));
    assertWrong(
        3, "body is missing", List.of(header, store, record.replace("\"body\":\"AAE=\",", "")));
    assertWrong(
        3,
        "at least one id",
        List.of(header, store, record.replace("\"AAAAAAAAAAAAAAAAAAAAAg==\"", "")));
    assertWrong(
        3,
        "too great",
        List.of(header, store, record.replace("\"first\":3", "\"first\":" + Long.MAX_VALUE)));
    assertWrong(
        3,
        "not valid",
        List.of(header, store, record.replace("\"first\":3", "\"first\":9" + Long.MAX_VALUE)));
    assertWrong(4, "there are 2", List.of(header, store, tombstone, digest));
    assertWrong(
        5,
        "not as they were written",
        List.of(header, store, tombstone, record.replace("AAE=", "AAI="), digest));
    assertWrong(
        5,
        "doesn't belong here",
        List.of(header, store, tombstone, record, digest.replace("main", "other")));
    String mapping = "{\"type\":\"mapping\",\"tenant\":\"a\",\"publicKey\":\"k\","
        + "\"requestedStore\":\"x\",\"store\":\"main\",\"removed\":false}";
    String binding =
        "{\"type\":\"binding\",\"tenant\":\"a\",\"publicKey\":\"k\",\"signingKey\":\"Bw==\"}";
    assertWrong(3, "doesn't belong here", List.of(header, mapping, mapping));
    assertWrong(3, "doesn't belong here", List.of(header, binding, mapping));
    assertWrong(3, "doesn't belong here", List.of(header, mapping, store));
    String outcome = "{\"type\":\"outcome\",\"store\":\"a/plain:main\","
        + "\"id\":\"AAAAAAAAAAAAAAAAAAAAAg==\",\"state\":\"handled\",\"attempts\":1,\"at\":5,"
        + "\"sequence\":3,\"event\":\"ZQ==\",\"primaryKey\":\"\"}";
    String progress = "{\"type\":\"progress\",\"store\":\"a/plain:main\",\"next\":4,"
        + "\"begun\":3,\"attempt\":1}";
    List<String> data = List.of(header, store, tombstone, record, digest);
    assertThatCode(() ->
            importer(open()).run(source(file(with(data, outcome, progress, end))), false))
        .doesNotThrowAnyException();
    assertWrong(2, "no store a/plain:main", List.of(header, outcome));
    assertWrong(2, "no store a/plain:main", List.of(header, progress));
    assertWrong(3, "doesn't belong here", List.of(header, store, outcome));
    assertWrong(6, "is fancy", with(data, outcome.replace("handled", "fancy")));
    assertWrong(6, "in the clear", with(data, outcome.replace("plain", "sealed")));
    assertWrong(6, "above the store's head", with(data, outcome.replace("e\":3", "e\":4")));
    assertWrong(6, "event is missing", with(data, outcome.replace("\"event\":\"ZQ==\",", "")));
    assertWrong(6, "unknown field", with(data, outcome.replace("\"sequence\":3,", "")));
    assertWrong(6, "above the store's head", with(data, progress.replace(":4", ":5")));
    assertWrong(6, "above the store's head", with(data, progress.replace(":3", ":4")));
    assertWrong(7, "doesn't belong here", with(data, outcome, outcome));
    assertWrong(7, "doesn't belong here", with(data, progress, progress));
    assertWrong(7, "doesn't belong here", with(data, progress, outcome));
    assertWrong(7, "doesn't belong here", with(data, outcome, mapping));
  }

  private static List<String> with(List<String> lines, String... more) {
    List<String> all = new ArrayList<>(lines);
    all.addAll(List.of(more));
    return all;
  }

  private static void assertWrong(int line, String what, List<String> lines) throws IOException {
    assertRefused(file(lines), what);
    assertThatThrownBy(() -> importer(open()).run(source(file(lines)), true))
        .hasMessageStartingWith("line " + line + ": ")
        .hasMessageContaining(what);
  }

  // helpers

  private static Storage open() throws IOException {
    return Waiting.on(new MemoryStorageProvider().open(vertx, new JsonObject()));
  }

  private static Importer importer(Storage storage) {
    return new Importer(storage, CLOCK, MoveProgress.NONE);
  }

  private static Importer.Source source(byte[] file) {
    return () -> new ByteArrayInputStream(file);
  }

  private static byte[] export(Storage storage) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Moved moved = new Exporter(storage, MoveProgress.NONE).export(out);
    assertThat(moved.present()).isZero();
    return out.toByteArray();
  }

  private static List<String> lines(byte[] file) {
    String text = new String(file, UTF_8);
    assertThat(text).endsWith("\n");
    return text.lines().toList();
  }

  private static byte[] file(List<String> lines) {
    return lines.isEmpty() ? new byte[0] : (String.join("\n", lines) + "\n").getBytes(UTF_8);
  }

  private static String sha256(List<String> lines) throws IOException {
    LineDigest digest = new LineDigest();
    byte[] bytes = file(lines);
    digest.update(bytes, 0, bytes.length);
    return Base64.getEncoder().encodeToString(digest.sha256());
  }

  private static NewRecord sealed(int id) {
    return NewRecord.sealed(new EntryId(0, id), new byte[12], new byte[] {(byte) id});
  }

  private static void append(Storage storage, StoreKey store, NewRecord... records)
      throws IOException {
    assertThat(Waiting.on(storage.log().append(List.of(new Append(store, 77, List.of(records))))))
        .hasSize(1);
  }
}
