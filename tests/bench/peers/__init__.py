"""The processor's job as others would write it, for `elfaust bench --stage processor --peer`."""
