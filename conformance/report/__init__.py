"""What a run found, and its forms: report, differences, HTML, Markdown, JUnit, terminal."""
