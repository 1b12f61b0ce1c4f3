package io.tributary.server.hub;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.wire.v3.ClientMessage.PlainItem;
import io.tributary.core.wire.v3.ClientMessage.WriteEntriesUnencrypted;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes entries in the clear. */
final class PlainEntries {
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  private PlainEntries() {}

  static Entry one() {
    return one("created", "todo-1");
  }

  static Entry one(String event, String primaryKey) {
    return new Entry(IDS.next(), event, primaryKey, new byte[] {(byte) 0xa1, 'x'});
  }

  static List<Entry> some(int n) {
    return IntStream.range(0, n).mapToObj(i -> one("created", "todo-" + i)).toList();
  }

  static WriteEntriesUnencrypted write(String publicKey, double id, List<Entry> entries) {
    return new WriteEntriesUnencrypted(
        publicKey, id, entries.stream().map(PlainItem::of).toList());
  }

  static WriteEntriesUnencrypted write(String publicKey, double id, Entry... entries) {
    return write(publicKey, id, Stream.of(entries).toList());
  }
}
