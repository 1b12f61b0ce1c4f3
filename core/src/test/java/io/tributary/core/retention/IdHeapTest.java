package io.tributary.core.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.EntryId;
import io.tributary.core.wire.v3.Seeds;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class IdHeapTest {
  @Test
  void givesTheLeastLikeASortedMap() {
    Random random = Seeds.random("givesTheLeastLikeASortedMap");
    for (int round = 0; round < 200; round++) {
      TreeMap<EntryId, Long> model = new TreeMap<>();
      IdHeap heap = new IdHeap();
      int adds = 1 + random.nextInt(3);
      for (int i = 0; i < 300; i++) {
        if (random.nextInt(4) < adds || model.isEmpty()) {
          EntryId id = new EntryId(random.nextInt(8) - 4, random.nextLong());
          long bytes = random.nextInt(1_000);
          if (model.putIfAbsent(id, bytes) == null) {
            heap.add(id, bytes);
          }
        } else {
          assertThat(heap.removeLeast()).isEqualTo(model.firstKey());
          model.pollFirstEntry();
        }
        assertThat(heap.size()).isEqualTo(model.size());
        assertThat(heap.bytes())
            .isEqualTo(model.values().stream().mapToLong(Long::longValue).sum());
      }
    }
  }
}
