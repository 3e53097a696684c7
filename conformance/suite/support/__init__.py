"""What areas of the suite share: requests, views of replies, and judgements on several exchanges."""
