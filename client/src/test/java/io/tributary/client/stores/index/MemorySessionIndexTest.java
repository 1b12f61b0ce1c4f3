package io.tributary.client.stores.index;

import io.tributary.client.stores.Bed;

class MemorySessionIndexTest extends SessionIndexContract {
  @Override
  Bed bed() {
    return Bed.memory();
  }

  @Override
  int steps() {
    return 400;
  }
}
