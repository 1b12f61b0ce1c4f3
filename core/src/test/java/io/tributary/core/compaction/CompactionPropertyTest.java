package io.tributary.core.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.compaction.CompactionPlan.Registration;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Random logs, compactors, windows and limits; several peers that read over one cache, lose their
 * connection anywhere between two messages and resume from the greatest sequence they saw or the one
 * after; in half of the runs time goes on meanwhile, entries come and go. What each subscription gets
 * is compared with {@link Model}, and what each peer has in the end with the log.
 */
class CompactionPropertyTest {
  @Test
  void everyPeerHasWhatTheLogHasWhereverItWasInterrupted() {
    String fixed = System.getProperty("seed");
    if (fixed != null) {
      run(Long.parseLong(fixed));
      return;
    }
    int runs = Boolean.getBoolean("tributary.long") ? 100_000 : 2_000;
    Random seeds = new Random();
    for (int i = 0; i < runs; i++) {
      run(seeds.nextLong());
    }
  }

  private static void run(long seed) {
    try {
      new World(seed).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("replay with -Dseed=" + seed, e);
    }
  }

  private static final class World {
    static final List<Fold.Kind> KINDS = List.of(Fold.Kind.values());

    final Random random;
    final ListLog log = new ListLog();
    final Set<EntryId> everyId = new HashSet<>();
    final List<EntryIdGenerator> authors = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    final List<Peer> peers = new ArrayList<>();
    final CompactionPlan plan;
    final Model model;
    final WindowCache cache;
    final boolean frozen;
    long now = 1_000_000;
    long authorsClock;
    int removals;

    World(long seed) {
      random = new Random(seed);
      List<Registration> registrations = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(3); i++) {
        Set<String> some = new HashSet<>();
        for (int j = 0; j <= random.nextInt(2); j++) {
          some.add("e" + i + j);
        }
        events.addAll(some);
        Fold.Kind kind = KINDS.get(random.nextInt(KINDS.size()));
        registrations.add(new Registration(new Fold("c" + i, some, kind), random.nextInt(10_000)));
      }
      events.add("free");
      int window = 1 + random.nextInt(20);
      long maxBytes = random.nextBoolean() ? 1 << 20 : random.nextInt(3_000);
      int maxOutputs = random.nextBoolean() ? 1024 : 1 + random.nextInt(8);
      plan = new CompactionPlan(window, maxBytes, maxOutputs, registrations);
      model = new Model(window, maxBytes, maxOutputs, registrations);
      cache = new WindowCache(random.nextBoolean() ? 1 << 20 : random.nextInt(10_000));
      frozen = random.nextBoolean();
      for (int i = 0; i <= random.nextInt(3); i++) {
        authors.add(new EntryIdGenerator(
            () -> Instant.ofEpochMilli(authorsClock), new Random(random.nextLong())));
      }
      for (int i = random.nextInt(70); i > 0; i--) {
        append();
      }
      for (int i = random.nextInt(5); i > 0 && log.head > 0; i--) {
        log.remove(1 + random.nextLong(log.head));
      }
    }

    void run() {
      for (int i = 0; i <= random.nextInt(3); i++) {
        peers.add(new Peer(this, i == 0 || random.nextBoolean()));
      }
      for (int i = 0; i < 400; i++) {
        peers.get(random.nextInt(peers.size())).act();
        if (!frozen && random.nextInt(15) == 0) {
          change();
        }
      }
      peers.add(new Peer(this, true));
      for (Peer peer : peers) {
        peer.faults = false;
        peer.disconnect();
        for (int i = 0; !peer.done(); i++) {
          assertThat(i).as("steps").isLessThan(20_000);
          peer.act();
        }
        peer.checkAll();
      }
      assertThat(cache.bytes()).isGreaterThanOrEqualTo(0);
    }

    void change() {
      switch (random.nextInt(4)) {
        case 0 -> now += random.nextInt(5_000);
        case 1 -> {
          for (int i = random.nextInt(8); i > 0; i--) {
            append();
          }
        }
        case 2 -> {
          if (random.nextInt(4) == 0 && log.head > 0) {
            // as retention does
            long through = 1 + random.nextLong(log.head);
            for (Peer peer : peers) {
              if (random.nextInt(4) > 0) {
                peer.disconnect();
              }
              peer.disturbed |= peer.sub != null;
            }
            log.removeThrough(through);
            cache.onRemoved(ListLog.STORE, through);
            removals++;
          }
        }
        default -> {
          // stays
        }
      }
    }

    void append() {
      authorsClock = now - random.nextInt(15_000);
      EntryId id = random.nextInt(12) == 0
          ? EntryId.of(uuid4())
          : authors.get(random.nextInt(authors.size())).next();
      everyId.add(id);
      StoredRecord unused = log.append(
          id,
          events.get(random.nextInt(events.size())),
          "k" + random.nextInt(3),
          random.nextInt(100) + " ".repeat(random.nextInt(4) == 0 ? random.nextInt(300) : 0));
    }

    private UUID uuid4() {
      return new UUID(
          (random.nextLong() & ~0xf000L) | 0x4000L, (random.nextLong() >>> 2) | (1L << 63));
    }

    Fold fold(StoredRecord record) {
      for (Registration registration : model.registrations) {
        if (registration.compactor().events().contains(ListLog.event(record))) {
          return (Fold) registration.compactor();
        }
      }
      return null;
    }
  }

  /** A client: keeps what it got by id, and the greatest sequence it saw. */
  private static final class Peer {
    final World world;
    final Random random;

    /** Whether it began with the first sequence, so that it is to have everything. */
    final boolean whole;

    final long begin;
    final List<StoredRecord> kept = new ArrayList<>();
    final Set<EntryId> ids = new HashSet<>();
    boolean faults = true;

    /** Whether entries were removed while it read: what it got may be of before and after. */
    boolean disturbed;

    long greatest;

    Subscription sub;
    long head;
    long pinnedNow;
    int removals;
    List<StoredRecord> expected;
    final List<StoredRecord> got = new ArrayList<>();
    int pagesTaken;
    boolean asked;

    Peer(World world, boolean whole) {
      this.world = world;
      this.random = world.random;
      this.whole = whole;
      this.begin = whole ? 1 : 1 + random.nextLong(world.log.head + 3);
    }

    void act() {
      if (sub == null) {
        connect();
      } else if (faults && random.nextInt(40) == 0) {
        disconnect();
      } else if (sub.step()) {
        takePages();
      } else if (!done()) {
        asked = true;
        sub.reader.read(
            sub.cursor,
            1 + random.nextInt(random.nextBoolean() ? 3 : 50),
            random.nextBoolean() ? 1 << 20 : random.nextInt(1_000));
        // the cache may have answered
        takePages();
      }
    }

    boolean done() {
      return sub != null && !asked && sub.cursor > world.log.head;
    }

    void connect() {
      long cursor = greatest == 0 ? begin : greatest + random.nextInt(2);
      head = world.log.head;
      pinnedNow = world.now;
      removals = world.removals;
      // The session's own bounds: a cursor beyond the head is brought back by it.
      cursor = Math.min(cursor, head + 1);
      expected = world.model.expected(world.log.records, pinnedNow, head, cursor);
      sub = new Subscription(world.log, world.plan, world.cache, pinnedNow, head, cursor);
      pagesTaken = 0;
      asked = false;
      got.clear();
    }

    void disconnect() {
      if (sub == null) {
        return;
      }
      Subscription old = sub;
      sub = null;
      old.reader.close();
      int pages = old.pages.size();
      while (old.step()) {
        // what was under way returns
      }
      assertThat(old.pages).as("nothing after the end").hasSize(pages);
      assertThat(old.admitted).as("room given back").isZero();
    }

    void takePages() {
      while (sub != null && pagesTaken < sub.pages.size()) {
        asked = false;
        Page page = sub.pages.get(pagesTaken++);
        for (int i = 0; i < page.records().size(); ) {
          long sequence = page.records().get(i).firstSequence();
          // what shares a sequence is one message
          while (i < page.records().size() && page.records().get(i).firstSequence() == sequence) {
            take(page.records().get(i++));
          }
          if (faults && random.nextInt(30) == 0) {
            check(false);
            disconnect();
            return;
          }
        }
        assertThat(page.next()).isGreaterThan(greatest);
        check(sub.cursor > head);
      }
    }

    void take(StoredRecord record) {
      got.add(record);
      assertThat(record.firstSequence()).as("order").isGreaterThanOrEqualTo(greatest);
      greatest = record.firstSequence();
      if (ids.add(ListLog.id(record))) {
        kept.add(record);
      }
    }

    /** What this subscription got is what it is to get. */
    void check(boolean all) {
      if (removals != world.removals) {
        return;
      }
      List<String> due = expected.stream().map(ListLog::show).toList();
      List<String> old = got.stream()
          .filter(record -> record.firstSequence() <= head)
          .map(ListLog::show)
          .toList();
      assertThat(old).isEqualTo(all ? due : due.subList(0, Math.min(due.size(), old.size())));
      long cursor = Math.max(head + 1, got.isEmpty() ? 0 : got.get(0).firstSequence());
      List<String> above = got.stream()
          .filter(record -> record.firstSequence() > head)
          .map(ListLog::show)
          .toList();
      List<String> raw = world.log.records.stream()
          .filter(record -> record.firstSequence() >= cursor)
          .map(ListLog::show)
          .toList();
      assertThat(above).isEqualTo(raw.subList(0, Math.min(raw.size(), above.size())));
    }

    void checkAll() {
      check(true);
      if (disturbed) {
        return;
      }
      Set<EntryId> covered = new HashSet<>();
      for (StoredRecord record : kept) {
        EntryId id = ListLog.id(record);
        Set<EntryId> standsFor = world.model.standsFor.get(id);
        assertThat(standsFor == null).as("raw or made up").isEqualTo(world.everyId.contains(id));
        covered.addAll(standsFor == null ? Set.of(id) : standsFor);
      }
      if (!whole) {
        return;
      }
      Map<String, String> latest = new HashMap<>();
      Map<String, StoredRecord> greatestId = new HashMap<>();
      Map<String, Long> sum = new HashMap<>();
      for (StoredRecord record : world.log.records) {
        Fold fold = world.fold(record);
        if (fold == null || fold.kind() != Fold.Kind.DROP) {
          assertThat(covered).as(ListLog.show(record)).contains(ListLog.id(record));
        }
        fold(fold, record, latest, greatestId, sum);
      }
      Map<String, String> peersLatest = new HashMap<>();
      Map<String, StoredRecord> peersGreatestId = new HashMap<>();
      Map<String, Long> peersSum = new HashMap<>();
      for (StoredRecord record : kept) {
        fold(world.fold(record), record, peersLatest, peersGreatestId, peersSum);
      }
      if (world.removals == 0) {
        // What travels with a later entry may reach a peer after that one: its id tells the order.
        for (String key : attached()) {
          latest.remove(key);
          peersLatest.remove(key);
        }
        assertThat(peersLatest).isEqualTo(latest);
        Map<String, String> payloads = new HashMap<>();
        greatestId.forEach((key, record) -> payloads.put(key, ListLog.payload(record)));
        Map<String, String> peersPayloads = new HashMap<>();
        peersGreatestId.forEach((key, record) -> peersPayloads.put(key, ListLog.payload(record)));
        assertThat(peersPayloads).isEqualTo(payloads);
      }
      // Under a later time an output may stand for entries that the peer has already.
      if (world.frozen || (kept.size() == got.size() && removals == world.removals)) {
        assertThat(peersSum).isEqualTo(sum);
      }
    }

    /** The keys of which the peer got an entry under another sequence than its own. */
    private Set<String> attached() {
      Map<EntryId, Long> sequences = new HashMap<>();
      world.log.records.forEach(
          record -> sequences.put(ListLog.id(record), record.firstSequence()));
      Set<String> keys = new HashSet<>();
      for (StoredRecord record : kept) {
        Long own = sequences.get(ListLog.id(record));
        Fold fold = world.fold(record);
        if (fold != null && own != null && own != record.firstSequence()) {
          keys.add(fold.name() + " " + ListLog.primaryKey(record));
        }
      }
      return keys;
    }

    static void fold(
        Fold fold,
        StoredRecord record,
        Map<String, String> latest,
        Map<String, StoredRecord> greatestId,
        Map<String, Long> sum) {
      if (fold == null) {
        return;
      }
      String key = fold.name() + " " + ListLog.primaryKey(record);
      switch (fold.kind()) {
        case LATEST -> latest.put(key, ListLog.payload(record));
        case GREATEST_ID ->
          greatestId.merge(
              key, record, (a, b) -> ListLog.id(a).compareTo(ListLog.id(b)) > 0 ? a : b);
        case SUM -> sum.merge(key, Long.parseLong(ListLog.payload(record).strip()), Long::sum);
        default -> {
          // no fold of the outputs is one of the entries
        }
      }
    }
  }
}
