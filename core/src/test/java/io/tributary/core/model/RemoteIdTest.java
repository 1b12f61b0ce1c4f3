package io.tributary.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RemoteIdTest {
  private static final DataSetId DATA_SET = DataSetId.parse("00112233445566778899aabbccddeeff");

  @Test
  void isADigestShapedAsAUuid() throws Exception {
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    input.writeBytes(DATA_SET.toBytes());
    input.writeBytes("tenant".getBytes(StandardCharsets.UTF_8));
    input.write(0);
    input.writeBytes("v3".getBytes(StandardCharsets.UTF_8));
    byte[] expected = MessageDigest.getInstance("SHA-256").digest(input.toByteArray());
    expected[6] = (byte) ((expected[6] & 0x0f) | 0x40);
    expected[8] = (byte) ((expected[8] & 0x3f) | 0x80);

    RemoteId id = RemoteId.of(DATA_SET, "tenant", "v3");

    assertThat(id.toBytes()).startsWith(expected[0]).hasSize(16);
    assertThat(id).isEqualTo(RemoteId.of(expected));
  }

  @Test
  void isAlwaysOneThatClientsTake() {
    for (int i = 0; i < 1_000; i++) {
      RemoteId id = RemoteId.of(DataSetId.random(), "t" + i, "v3");
      assertThat(EntryId.of(id.toBytes()).isValid()).isTrue();
      assertThat(UUID.fromString(id.toString()).version()).isEqualTo(4);
      assertThat(UUID.fromString(id.toString()).variant()).isEqualTo(2);
    }
  }

  @Test
  void differsByDataSetTenantAndWire() {
    Set<RemoteId> ids = new HashSet<>();
    for (DataSetId dataSet : new DataSetId[] {DATA_SET, DataSetId.random()}) {
      for (String tenant : new String[] {"a", "b"}) {
        for (String wire : new String[] {"v3", "v4"}) {
          ids.add(RemoteId.of(dataSet, tenant, wire));
        }
      }
    }
    assertThat(ids).hasSize(8);
    assertThat(RemoteId.of(DATA_SET, "a", "v3")).isEqualTo(RemoteId.of(DATA_SET, "a", "v3"));
  }

  @Test
  void readsAtLeast16Bytes() {
    RemoteId id = RemoteId.of(DATA_SET, "a", "v3");
    assertThat(RemoteId.of(id.toBytes())).isEqualTo(id);
    assertThatThrownBy(() -> RemoteId.of(new byte[15]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void dataSetIdsSurviveAsText() {
    DataSetId id = DataSetId.random();
    assertThat(DataSetId.parse(id.toString())).isEqualTo(id);
    assertThat(DATA_SET).hasToString("00112233445566778899aabbccddeeff");
    assertThat(DataSetId.random()).isNotEqualTo(id);
    for (String text : new String[] {"", "00", "zz".repeat(16), "00".repeat(17)}) {
      assertThatThrownBy(() -> DataSetId.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
