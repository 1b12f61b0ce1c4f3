package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.storage.KeyValueStore;
import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What {@link KeyValueStore} promises. */
public abstract class KeyValueContract extends KeyValueCalls {
  private static final int MIB = 1 << 20;

  /** In their order: some begin as others do, and none is text. */
  private static final List<byte[]> KEYS = List.of(
      new byte[] {0},
      new byte[] {0, 0},
      new byte[KeyValueStore.MAX_KEY],
      new byte[] {0, -1},
      new byte[] {1},
      new byte[] {'A'},
      new byte[] {'a'},
      new byte[] {'a', 0},
      new byte[] {'a', 'a'},
      new byte[] {'a', -1},
      new byte[] {'a', -1, -1},
      new byte[] {'b'},
      new byte[] {0x7f},
      new byte[] {-128},
      new byte[] {(byte) 0xc3, 0x28},
      new byte[] {-1},
      new byte[] {-1, 0},
      new byte[] {-1, -1},
      repeated((byte) -1, KeyValueStore.MAX_KEY));

  /** Text that storages have trouble with, in the order of the UTF-8 bytes. */
  private static final List<String> TEXTS = List.of(
      "\0",
      "\0\0",
      "A",
      "a",
      "a ",
      "a%",
      "a'\"",
      "a/b",
      "a_",
      "a{b}",
      "a\0",
      "\u00e4",
      "z",
      "\uffee",
      "\ud83d\ude00");

  private static byte[] repeated(byte one, int count) {
    byte[] all = new byte[count];
    Arrays.fill(all, one);
    return all;
  }

  private static byte[] random(int seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Each with its number as its value. */
  private static List<Change> puts(List<byte[]> keys) {
    List<Change> changes = new ArrayList<>();
    for (byte[] key : keys) {
      changes.add(new Change(key, utf8("" + changes.size())));
    }
    return changes;
  }

  private static List<String> shownOf(List<Change> changes) {
    return changes.stream()
        .map(change -> Shown.of(change.key()) + Shown.of(change.value()))
        .toList();
  }

  // keys and values

  @Test
  protected void aSpaceNobodyWroteToIsEmpty() {
    String space = newSpace();
    assertThat(await(keyValues().get(space, utf8("key")))).isEmpty();
    assertThat(all(space)).isEmpty();
    assertThat(range(space, new Range(utf8("a"), utf8("b"), true))).isEmpty();
    assertThat(isListed(space)).isFalse();
    await(keyValues().destroy(space));
    commit(space);
    commit(space, drop("key"));
    assertThat(isListed(space)).isFalse();
    assertThat(all(space)).isEmpty();
  }

  @Test
  protected void keysAreInTheOrderOfTheirUnsignedBytes() {
    String space = newSpace();
    List<Change> changes = puts(KEYS);
    List<Change> shuffled = new ArrayList<>(changes);
    Collections.shuffle(shuffled, new Random(1));
    for (int i = 0; i < shuffled.size(); i += 4) {
      await(submit(space, shuffled.subList(i, Math.min(shuffled.size(), i + 4))));
    }
    assertThat(all(space)).isEqualTo(shownOf(changes));
    for (Change change : changes) {
      assertThat(get(space, change.key())).isEqualTo(Shown.of(change.value()));
    }
    assertThat(get(space, new byte[] {2})).isEqualTo("null");
    Collections.reverse(changes);
    assertThat(range(space, new Range(new byte[0], null, true))).isEqualTo(shownOf(changes));
  }

  @Test
  protected void everyValueComesBackAsItWas() {
    String space = newSpace();
    List<byte[]> values = List.of(
        new byte[0],
        new byte[1],
        new byte[2],
        new byte[] {(byte) 0xc3, 0x28},
        new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
        utf8("-"),
        utf8("text\0\ud83d\ude00"),
        random(2, 2_000),
        random(3, 70_000),
        random(4, 3 * MIB));
    List<Change> changes = new ArrayList<>();
    for (byte[] value : values) {
      changes.add(new Change(new byte[] {(byte) changes.size()}, value));
    }
    await(submit(space, changes));
    assertThat(all(space)).isEqualTo(shownOf(changes));
    for (Change change : changes) {
      assertThat(get(space, change.key())).isEqualTo(Shown.of(change.value()));
    }
    // Each by each: shorter ones in the place of longer ones and the other way round.
    for (int shift = 1; shift < values.size(); shift += 3) {
      for (int i = 0; i < values.size(); i++) {
        changes.set(i, new Change(new byte[] {(byte) i}, values.get((i + shift) % values.size())));
      }
      await(submit(space, changes));
      assertThat(all(space)).isEqualTo(shownOf(changes));
    }
  }

  @Test
  protected void aValueOf20MibIsKept() {
    String space = newSpace();
    byte[] large = random(5, 20 * MIB);
    commit(
        space,
        new Change(utf8("large"), large),
        put("largf", "after"),
        put("a", "before"),
        new Change(utf8("b"), random(6, 2 * MIB)));
    assertThat(get(space, utf8("large"))).isEqualTo(Shown.of(large));
    assertThat(range(space, ALL, 9, 100)).containsExactly(shown(utf8("a"), utf8("before")));
    assertThat(range(space, ALL, 9, 3 * MIB)).hasSize(2);
    assertThat(range(space, new Range(utf8("c"), null, false), 9, 100))
        .as("one item, however large")
        .containsExactly(shown(utf8("large"), large));
    commit(space, put("large", "small"));
    assertThat(get(space, utf8("large"))).isEqualTo(Shown.of(utf8("small")));
    await(keyValues().destroy(space));
  }

  @Test
  protected void theLargestValueIsKept() {
    String space = newSpace();
    byte[] key = repeated((byte) 7, KeyValueStore.MAX_KEY);
    byte[] largest = random(7, LONG ? KeyValueStore.MAX_VALUE : 1);
    commit(space, new Change(key, largest));
    assertThat(get(space, key)).isEqualTo(Shown.of(largest));
    await(keyValues().destroy(space));
  }

  @Test
  protected void arraysAreNotShared() {
    String space = newSpace();
    byte[] key = utf8("key");
    byte[] value = utf8("value");
    await(submit(space, List.of(new Change(key, value))));
    key[0] = 'x';
    value[0] = 'x';
    String expected = shown(utf8("key"), utf8("value"));
    assertThat(all(space)).containsExactly(expected);
    await(keyValues().get(space, utf8("key"))).orElseThrow()[0] = 'x';
    Item item = await(keyValues().range(space, ALL, 1, 0)).get(0);
    item.key()[0] = 'x';
    item.value()[0] = 'x';
    assertThat(all(space)).containsExactly(expected);
  }

  // commits

  @Test
  protected void aCommitReplacesAddsAndTakesAway() {
    String space = newSpace();
    commit(space, put("a", "1"), put("b", "1"), put("c", "1"));
    commit(space, put("b", "2"), drop("c"), drop("x"), put("d", "2"));
    assertThat(all(space))
        .containsExactly(
            shown(utf8("a"), utf8("1")), shown(utf8("b"), utf8("2")), shown(utf8("d"), utf8("2")));
    commit(space);
    assertThat(all(space)).hasSize(3);
    assertThat(get(space, utf8("c"))).isEqualTo("null");
    commit(space, put("c", "3"), drop("a"));
    assertThat(get(space, utf8("c"))).isEqualTo(Shown.of(utf8("3")));
    assertThat(get(space, utf8("a"))).isEqualTo("null");
  }

  @Test
  protected void manyChangesAreCommittedTogether() {
    String space = newSpace();
    int many = LONG ? KeyValueStore.MAX_CHANGES : 10_000;
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      keys.add(utf8(String.format("%08d", i)));
    }
    List<Change> changes = puts(keys);
    Collections.shuffle(changes, new Random(8));
    await(submit(space, changes));
    assertThat(await(keyValues().range(space, ALL, Integer.MAX_VALUE, Long.MAX_VALUE)))
        .extracting(item -> text(item.key()))
        .isEqualTo(keys.stream().map(KeyValueContract::text).toList());
    List<Change> others = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      others.add(new Change(keys.get(i), i % 2 == 0 ? null : utf8("other")));
    }
    await(submit(space, others));
    List<Item> left = await(keyValues().range(space, ALL, Integer.MAX_VALUE, Long.MAX_VALUE));
    assertThat(left).hasSize(many / 2).allMatch(item -> text(item.value()).equals("other"));
    assertThat(left.get(0).key()).isEqualTo(keys.get(1));
    await(submit(space, keys.stream().map(key -> new Change(key, null)).toList()));
    assertThat(isListed(space)).isFalse();
  }

  // ranges

  @Test
  protected void rangesAreAllBetweenTheirBounds() {
    String space = newSpace();
    List<byte[]> there = new ArrayList<>();
    for (int i = 0; i < KEYS.size(); i += 2) {
      there.add(KEYS.get(i));
    }
    KeyValueModel model = new KeyValueModel();
    List<Change> changes = puts(there);
    await(submit(space, changes));
    model.commit(changes);
    List<Optional<byte[]>> bounds = new ArrayList<>(List.of(Optional.empty()));
    bounds.add(Optional.of(new byte[0]));
    bounds.add(Optional.of(repeated((byte) -1, KeyValueStore.MAX_KEY + 1)));
    KEYS.forEach(key -> bounds.add(Optional.of(key)));
    boolean reverse = false;
    for (Optional<byte[]> from : bounds) {
      reverse = !reverse;
      for (Optional<byte[]> to : bounds) {
        reverse = !reverse;
        Range range = new Range(from.orElse(new byte[0]), to.orElse(null), reverse);
        assertThat(range(space, range))
            .as("%s", shown(range))
            .isEqualTo(model.range(range, Integer.MAX_VALUE, Long.MAX_VALUE));
      }
    }
    for (byte[] prefix : KEYS) {
      for (boolean backward : new boolean[] {false, true}) {
        Range range = Range.prefix(prefix, backward);
        assertThat(range(space, range))
            .as("%s", shown(range))
            .isEqualTo(model.range(range, Integer.MAX_VALUE, Long.MAX_VALUE));
      }
    }
    assertThat(range(space, Range.prefix(new byte[0], false))).hasSize(there.size());
  }

  @Test
  protected void aPrefixIsOfAllKeysThatBeginSo() {
    String space = newSpace();
    await(submit(space, puts(KEYS)));
    for (byte[] prefix : KEYS) {
      List<byte[]> expected = KEYS.stream()
          .filter(key -> key.length >= prefix.length
              && Arrays.equals(Arrays.copyOf(key, prefix.length), prefix))
          .toList();
      assertThat(await(keyValues().range(space, Range.prefix(prefix, false), 99, Long.MAX_VALUE)))
          .extracting(item -> Shown.of(item.key()))
          .isEqualTo(expected.stream().map(Shown::of).toList());
    }
  }

  @Test
  protected void pagesJoinWithoutGapOrOverlap() {
    String space = newSpace();
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      changes.add(new Change(utf8(String.format("k%02d", i)), new byte[i * 37 % 50]));
    }
    // Larger than what some storages keep beside the key.
    changes.set(30, new Change(changes.get(30).key(), new byte[100_000]));
    await(submit(space, changes));
    List<String> all = all(space);
    assertThat(all).isEqualTo(shownOf(changes));
    List<String> backward = new ArrayList<>(all);
    Collections.reverse(backward);
    for (int max : new int[] {1, 2, 7, 60, 61}) {
      for (long maxBytes : new long[] {-1, 0, 1, 60, 1_000, 100_003, Long.MAX_VALUE}) {
        for (boolean reverse : new boolean[] {false, true}) {
          List<String> joined = new ArrayList<>();
          Range range = new Range(utf8("k"), utf8("l"), reverse);
          while (true) {
            List<Item> page = await(keyValues().range(space, range, max, maxBytes));
            if (page.isEmpty()) {
              break;
            }
            assertThat(page).hasSizeLessThanOrEqualTo(max);
            long bytes = page.stream().mapToLong(Item::bytes).sum();
            assertThat(page.size() == 1 || bytes <= maxBytes).isTrue();
            joined.addAll(shown(page));
            assertThat(joined).hasSizeLessThanOrEqualTo(all.size());
            byte[] last = page.get(page.size() - 1).key();
            range = reverse
                ? new Range(utf8("k"), last, true)
                : new Range(Arrays.copyOf(last, last.length + 1), utf8("l"), false);
          }
          assertThat(joined)
              .as("%s in %s, reverse %s", max, maxBytes, reverse)
              .isEqualTo(reverse ? backward : all);
        }
      }
    }
    // As many as both limits allow: keys take 3 bytes, values 0, 37 and 24.
    assertThat(range(space, ALL, 9, 70)).hasSize(3);
    assertThat(range(space, ALL, 9, 69)).hasSize(2);
    assertThat(range(space, ALL, 2, 70)).hasSize(2);
  }

  // spaces

  @Test
  protected void spacesAreIndependent() {
    String one = newSpace();
    String two = newSpace();
    await(submit(one, puts(KEYS)));
    List<String> before = all(one);
    commit(two, new Change(KEYS.get(0), utf8("other")), put("more", "x"));
    assertThat(all(one)).isEqualTo(before);
    assertThat(all(two)).hasSize(2);
    await(submit(two, KEYS.stream().map(key -> new Change(key, null)).toList()));
    assertThat(all(two)).containsExactly(shown(utf8("more"), utf8("x")));
    assertThat(all(one)).isEqualTo(before);
    await(keyValues().destroy(two));
    assertThat(all(one)).isEqualTo(before);
  }

  @Test
  protected void namesAreAnyText() {
    String prefix = newSpace();
    List<String> names = new ArrayList<>();
    for (String text : TEXTS) {
      names.add(prefix + text);
    }
    names.add(prefix + "\ud83d\ude00".repeat(500));
    Collections.shuffle(names, new Random(9));
    for (String name : names) {
      commit(name, put("key", name));
    }
    for (String name : names) {
      assertThat(all(name)).containsExactly(shown(utf8("key"), utf8(name)));
    }
    Collections.sort(names, (a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b)));
    for (int max : new int[] {1, 3, 100}) {
      assertThat(list(prefix, max)).isEqualTo(names);
    }
    await(keyValues().destroy(prefix + "\0"));
    names.remove(prefix + "\0");
    assertThat(list(prefix, 4)).isEqualTo(names);
    assertThat(await(keyValues().spaces(Optional.of(prefix + "\0"), 1)))
        .as("goes on after one that isn't there")
        .containsExactly(prefix + "\0\0");
    names.forEach(name -> await(keyValues().destroy(name)));
    assertThat(list(prefix, 4)).isEmpty();
    for (String text : TEXTS) {
      commit(text, put("key", text));
      assertThat(all(text)).containsExactly(shown(utf8("key"), utf8(text)));
      await(keyValues().destroy(text));
    }
  }

  /** The spaces whose names begin so; the storage may hold others. */
  private List<String> list(String prefix, int max) {
    List<String> all = new ArrayList<>();
    String after = prefix.substring(0, prefix.length() - 1);
    while (true) {
      List<String> page = await(keyValues().spaces(Optional.of(after), max));
      assertThat(page).hasSizeLessThanOrEqualTo(max);
      all.addAll(page);
      if (page.size() < max || !page.get(max - 1).startsWith(prefix)) {
        all.removeIf(name -> !name.startsWith(prefix));
        return all;
      }
      after = page.get(max - 1);
    }
  }

  @Test
  protected void onlySpacesWithKeysAreListed() {
    String space = newSpace();
    for (int i = 0; i < 2; i++) {
      commit(space);
      assertThat(isListed(space)).isFalse();
      commit(space, put("a", ""), drop("b"));
      assertThat(isListed(space)).isTrue();
      commit(space, put("b", ""), drop("a"));
      assertThat(isListed(space)).isTrue();
      commit(space, drop("b"), drop("c"));
      assertThat(isListed(space)).isFalse();
      commit(space, put("a", ""));
      assertThat(isListed(space)).isTrue();
      await(keyValues().destroy(space));
      assertThat(isListed(space)).isFalse();
    }
    commit(space, put("a", ""));
    assertThat(await(keyValues().spaces(Optional.empty(), 1))).hasSize(1);
  }

  @Test
  protected void destroyingTakesEverythingAndFreesTheName() {
    String space = newSpace();
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      changes.add(new Change(utf8("key" + i), new byte[i]));
    }
    await(submit(space, changes));
    await(keyValues().destroy(space));
    assertThat(all(space)).isEmpty();
    assertThat(get(space, utf8("key7"))).isEqualTo("null");
    assertThat(isListed(space)).isFalse();
    commit(space, put("key7", "new"));
    assertThat(all(space)).containsExactly(shown(utf8("key7"), utf8("new")));
    await(keyValues().destroy(space));
    await(keyValues().destroy(space));
    assertThat(all(space)).isEmpty();
    // Without waiting for the end.
    await(submit(space, changes));
    Future<Void> destroyed = keyValues().destroy(space);
    Future<Void> after = submit(space, List.of(put("after", "")));
    await(destroyed);
    await(after);
    commit(space, put("later", ""));
    List<String> left = all(space);
    assertThat(left).contains(shown(utf8("later"), new byte[0]));
    assertThat(left).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  protected void reclaimingLeavesWhatIsThere() {
    String space = newSpace();
    String gone = newSpace();
    commit(gone, new Change(utf8("large"), new byte[MIB]));
    await(submit(space, puts(KEYS)));
    commit(space, new Change(KEYS.get(3), null), new Change(KEYS.get(5), new byte[MIB]));
    commit(space, new Change(KEYS.get(5), new byte[10]));
    await(keyValues().destroy(gone));
    List<String> before = all(space);
    assertThat(before).hasSize(KEYS.size() - 1);
    await(storage().reclaim());
    assertThat(all(space)).isEqualTo(before);
    assertThat(all(gone)).isEmpty();
  }

  // many at once

  @Test
  protected void aCommitIsSeenWholeOrNotAtAll() {
    List<byte[]> keys = List.of(utf8("a"), utf8("b"), utf8("m"), utf8("y"), utf8("z"));
    assertSeenWhole(keys, LONG ? 500 : 40);
  }

  @Test
  protected void soIsALargeOne() {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 2_500; i++) {
      keys.add(utf8("key" + i));
    }
    assertSeenWhole(keys, LONG ? 50 : 4);
  }

  /** Whoever reads sees one commit's values, and all see the last one's in the end. */
  private void assertSeenWhole(List<byte[]> keys, int rounds) {
    String space = newSpace();
    List<Future<Void>> watchers = new ArrayList<>();
    for (Context context : contexts()) {
      Promise<Void> seen = Promise.promise();
      context.runOnContext(ignored -> watch(context, space, keys, seen));
      watchers.add(seen.future());
    }
    for (int i = 0; i < rounds; i++) {
      List<Future<Void>> commits = new ArrayList<>();
      for (Context context : contexts()) {
        byte[] value = utf8(i + "-" + commits.size());
        commits.add(on(
            context,
            () -> submit(space, keys.stream().map(key -> new Change(key, value)).toList())));
      }
      commits.forEach(ContractBase::await);
    }
    await(submit(space, keys.stream().map(key -> new Change(key, utf8("end"))).toList()));
    watchers.forEach(ContractBase::await);
  }

  /** Until the end; each time anew, because a storage may answer at once. */
  private void watch(Context context, String space, List<byte[]> keys, Promise<Void> seen) {
    var unused = attempt(() -> keyValues()
            .range(space, ALL, 9_999, Long.MAX_VALUE)
            .map(items -> {
              HashSet<String> values = new HashSet<>();
              items.forEach(item -> values.add(text(item.value())));
              assertThat(values).hasSizeLessThanOrEqualTo(1);
              assertThat(items.size()).isIn(0, keys.size());
              return values.contains("end");
            }))
        .onFailure(seen::fail)
        .onSuccess(done -> {
          if (done) {
            seen.complete();
          } else {
            context.runOnContext(ignored -> watch(context, space, keys, seen));
          }
        });
  }

  /** Each changes keys of its own, and all of them one. */
  @Test
  protected void commitsAtOnceLoseNothing() {
    String space = newSpace();
    List<Future<Void>> commits = new ArrayList<>();
    int each = LONG ? 1_000 : 60;
    for (int i = 0; i < each; i++) {
      for (Context context : contexts()) {
        String own = String.format("key%05d", commits.size());
        commits.add(on(context, () -> submit(space, List.of(put(own, own), put("all", own)))));
      }
    }
    commits.forEach(ContractBase::await);
    List<Item> items =
        await(keyValues().range(space, Range.prefix(utf8("key"), false), 99_999, Long.MAX_VALUE));
    assertThat(items)
        .hasSize(commits.size())
        .allMatch(item -> Arrays.equals(item.key(), item.value()));
    assertThat(await(keyValues().get(space, utf8("all")))).isPresent();
  }

  // ends

  @Test
  protected void whatWasCommittedIsThereAfterReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertSurvives(this::reopen);
  }

  @Test
  protected void whatWasAcknowledgedIsThereAfterACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertSurvives(this::crash);
  }

  private void assertSurvives(JournalCalls.End end) throws Exception {
    String space = newSpace();
    String destroyed = newSpace();
    await(submit(space, puts(KEYS)));
    commit(
        space,
        new Change(KEYS.get(2), null),
        new Change(KEYS.get(3), random(10, MIB)),
        new Change(KEYS.get(4), new byte[0]));
    await(submit(destroyed, puts(KEYS)));
    await(keyValues().destroy(destroyed));
    List<String> before = all(space);
    for (int i = 0; i < 2; i++) {
      end.happen();
      assertThat(all(space)).isEqualTo(before);
      assertThat(isListed(space)).isTrue();
      assertThat(all(destroyed)).isEmpty();
      assertThat(isListed(destroyed)).isFalse();
      commit(destroyed, put("key", "value"));
      await(keyValues().destroy(destroyed));
    }
  }

  // contexts and arguments

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    String space = newSpace();
    await(submit(space, puts(KEYS)));
    for (Supplier<Future<?>> call : everyCall(keyValues(), space)) {
      assertCompletesOnTheCallersContext(() -> call.get().mapEmpty());
    }
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    String space = newSpace();
    commit(space, put("key", "value"));
    KeyValueStore keyValues = close().keyValues();
    for (Supplier<Future<?>> call : everyCall(keyValues, space)) {
      assertRefusedAsClosed(call);
    }
  }

  private static List<Supplier<Future<?>>> everyCall(KeyValueStore keyValues, String space) {
    return List.of(
        () -> keyValues.commit(space, List.of(put("a", "b"))),
        () -> keyValues.commit(space, List.of(drop("a"))),
        () -> keyValues.commit(space, List.of()),
        () -> keyValues.get(space, utf8("key")),
        () -> keyValues.range(space, ALL, 1, 1),
        () -> keyValues.range(space, new Range(utf8("b"), utf8("a"), true), 1, 1),
        () -> keyValues.spaces(Optional.empty(), 1),
        () -> keyValues.destroy(newSpace()));
  }

  @Test
  protected void whatNoStorageTakesIsRefused() {
    String space = newSpace();
    List<Change> none = List.of();
    byte[] key = utf8("key");
    for (String name : List.of("", "\ud83d", "a\ude00b")) {
      assertRefused(() -> keyValues().commit(name, none));
      assertRefused(() -> keyValues().get(name, key));
      assertRefused(() -> keyValues().range(name, ALL, 1, 1));
      assertRefused(() -> keyValues().destroy(name));
    }
    for (byte[] wrong : List.of(new byte[0], new byte[KeyValueStore.MAX_KEY + 1])) {
      assertRefused(() -> keyValues().get(space, wrong));
      assertThatThrownBy(() -> new Change(wrong, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("found " + wrong.length + " bytes, allowed are 1 to 512");
    }
    byte[] largest = new byte[KeyValueStore.MAX_VALUE];
    assertThatThrownBy(() -> new Change(key, new byte[KeyValueStore.MAX_VALUE + 1]))
        .isInstanceOf(IllegalArgumentException.class);
    for (int max : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertRefused(() -> keyValues().range(space, ALL, max, 1));
      assertRefused(() -> keyValues().spaces(Optional.empty(), max));
    }
    assertRefused(() -> submit(space, List.of(put("a", "1"), put("b", "1"), drop("a"))));
    List<Change> large = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      large.add(new Change(utf8("key" + i), largest));
    }
    assertRefused(() -> submit(space, large));
    List<Change> many = new ArrayList<>();
    for (int i = 0; i <= KeyValueStore.MAX_CHANGES; i++) {
      many.add(drop("key" + i));
    }
    assertRefused(() -> submit(space, many));
    assertThat(all(space)).isEmpty();
    commit(space, put("key", "value"));
  }

  private static void assertRefused(Supplier<? extends Future<?>> call) {
    assertThatThrownBy(() -> await(call.get())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  protected void randomCallsDoWhatTheModelDoes() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    int runs = LONG ? 300 : 4;
    for (int run = 0; run < runs; run++) {
      new RandomKeyValueCalls(this, seed + run).run();
    }
  }
}
