package io.tributary.server.it;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.server.it.NpmClient.Seen;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What must hold between clients of one identity once they have everything. */
final class Convergence {
  /** A hub numbers from 1; the npm package's own server from 0. */
  private static final long FIRST = HubKind.all().contains(HubKind.REFERENCE) ? 0 : 1;

  private Convergence() {}

  /**
   * Each client holds the same {@code total} entries with the same bodies and the sequences from the first one on, once each, and saw
   * nothing that a correct server doesn't show.
   */
  static void assertConverged(int total, NpmClient... clients) {
    Map<String, Seen> expected = clients[0].byId();
    for (NpmClient client : clients) {
      List<Seen> seen = client.list();
      assertThat(client.status().faults()).isEmpty();
      assertThat(seen).hasSize(total);
      assertThat(seen)
          .extracting(Seen::sequence)
          .containsExactlyInAnyOrderElementsOf(
              LongStream.range(FIRST, FIRST + total).boxed().toList());
      assertThat(sequences(seen)).isEqualTo(sequences(expected.values()));
      assertThat(digests(seen)).isEqualTo(digests(expected.values()));
    }
  }

  /** Every handler of this client ran once for every entry. */
  static void assertEachHandledOnce(NpmClient client) {
    assertThat(client.list())
        .allSatisfy(entry -> assertThat(entry.runs()).as("%s", entry).isEqualTo(1));
  }

  /** Every entry reached this client once, as a change or an acknowledgement. */
  static void assertEachDeliveredOnce(NpmClient client) {
    assertThat(client.list())
        .allSatisfy(entry -> assertThat(entry.deliveries()).as("%s", entry).isEqualTo(1));
  }

  /** Entry id to sequence, of those that have one. */
  static Map<String, Long> sequences(Iterable<Seen> entries) {
    return stream(entries)
        .filter(entry -> entry.sequence() != null)
        .collect(toMap(Seen::id, entry -> Objects.requireNonNull(entry.sequence())));
  }

  private static Map<String, String> digests(Iterable<Seen> entries) {
    return stream(entries)
        .collect(toMap(Seen::id, entry -> entry.key() + " " + entry.size() + " " + entry.digest()));
  }

  private static Stream<Seen> stream(Iterable<Seen> entries) {
    return StreamSupport.stream(entries.spliterator(), false);
  }
}
