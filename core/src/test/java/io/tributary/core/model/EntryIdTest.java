package io.tributary.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EntryIdTest {
  private static EntryId id(String hex) {
    return EntryId.of(HexFormat.of().parseHex(hex));
  }

  @Test
  void versions1To8OfTheRfcVariantAreValid() {
    for (int version = 0; version < 16; version++) {
      for (int variant = 0; variant < 16; variant++) {
        String hex = "018bcfe56800%xabc%xdef0123456789ab".formatted(version, variant);
        boolean expected = version >= 1 && version <= 8 && variant >= 8 && variant <= 11;
        assertThat(id(hex).isValid()).as(hex).isEqualTo(expected);
        assertThat(id(hex).version()).isEqualTo(version);
      }
    }
  }

  @Test
  void nilAndMaxAreValid() {
    assertThat(id("00".repeat(16)).isValid()).isTrue();
    assertThat(id("ff".repeat(16)).isValid()).isTrue();
    assertThat(id("00".repeat(15) + "01").isValid()).isFalse();
    assertThat(id("01" + "00".repeat(15)).isValid()).isFalse();
    assertThat(id("ff".repeat(15) + "fe").isValid()).isFalse();
    assertThat(id("fe" + "ff".repeat(15)).isValid()).isFalse();
  }

  @Test
  void onlyTheFirst16BytesCount() {
    byte[] bytes = HexFormat.of().parseHex("018bcfe568007abc8def0123456789ab");
    EntryId id = EntryId.of(bytes);
    assertThat(EntryId.of(Arrays.copyOf(bytes, 20))).isEqualTo(id);
    assertThat(id.toBytes()).isEqualTo(bytes);
    assertThatThrownBy(() -> EntryId.of(Arrays.copyOf(bytes, 15)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("15");
  }

  @Test
  void formsAgree() {
    EntryId id = id("018bcfe568007abc8def0123456789ab");
    assertThat(id.toHex()).isEqualTo("018bcfe568007abc8def0123456789ab");
    assertThat(id.toString()).isEqualTo("018bcfe5-6800-7abc-8def-0123456789ab");
    assertThat(EntryId.of(UUID.fromString(id.toString()))).isEqualTo(id);
    assertThat(id.toUuid()).isEqualTo(UUID.fromString(id.toString()));
    assertThat(id.millis()).isEqualTo(1_700_000_000_000L);
    assertThat(id("ffffffffffff7abc8def0123456789ab").millis()).isEqualTo((1L << 48) - 1);
  }

  @Test
  void idsCompareAsUnsignedNumbers() {
    String[] ascending = {
      "00".repeat(16),
      "00".repeat(15) + "01",
      "0000000000000000" + "ff".repeat(8),
      "0000000000000001" + "00".repeat(8),
      "7f" + "ff".repeat(15),
      "80" + "00".repeat(15),
      "ff".repeat(16)
    };
    for (int i = 0; i < ascending.length; i++) {
      for (int j = 0; j < ascending.length; j++) {
        assertThat(Integer.signum(id(ascending[i]).compareTo(id(ascending[j]))))
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }
}
