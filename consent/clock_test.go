package consent

import "time"

func fixedNow() time.Time { return time.Date(2025, 11, 22, 6, 0, 0, 0, time.UTC) }
